// SPDX-License-Identifier: Apache-2.0
// Indices that were moved or made on the device: one out of range is refused as one that was written is, and where all are in
// range, a native device knows it without a look.

import { describeOnNative, devices, useDevice } from '@nabla/testing';

import { indexLooks } from '../device.ts';
import { copyInto } from '../ops/copy-into.ts';
import { embedding } from '../ops/embedding.ts';
import { findBadIndex } from '../ops/find-bad-index.ts';
import { gatherAlong, scatterAdd } from '../ops/gather-along.ts';
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.ts';
import {
  type Tensor,
  add,
  argMax,
  backend,
  cast,
  concat,
  cumsum,
  fill,
  gather,
  maximum,
  minimum,
  mul,
  oneHot,
  pad,
  range,
  reverse,
  scalar,
  slice,
  stack,
  sub,
  tensor1d,
  tensor2d,
  tile,
  transpose,
  where,
  zeros,
} from '../tf.ts';
import type { Handle } from './addon.ts';
import { NativeBackend } from './native-backend.ts';

const ROWS = 4;

const integers = (values: number[]): Tensor => tensor1d(values, 'int32');

/** Indices one of which is `last`; the others are from 0 to ROWS - 1. */
const WAYS: Readonly<Record<string, (last: number) => Tensor>> = {
  'that were written': (last) => integers([0, 1, last]),
  'that were counted': (last) => range(last - 2, last + 1, 1, 'int32'),
  'that were filled': (last) => fill([3], last, 'int32'),
  'of a slice': (last) => slice(integers([0, last, 2, 1]), [1], [2]),
  'that were joined': (last) => concat([integers([0, 3]), integers([last])]),
  'that were stacked': (last) => stack([integers([0, 3]), integers([1, last])], 1),
  'that were joined row by row': (last) =>
    concat([tensor2d([[0], [last]], [2, 1], 'int32'), tensor2d([[1, 2], [3, 0]], [2, 2], 'int32')], 1), // prettier-ignore
  'that were padded': (last) => pad(integers([1, 2]), [[1, 1]], last),
  'with a padding': (last) => pad(integers([1, last]), [[1, 1]], 2),
  'that were gathered': (last) => gather(integers([0, last, 2]), integers([2, 1])),
  'that were chosen': (last) => where(tensor1d([true, false], 'bool'), integers([0, 1]), integers([2, last])),
  'that were transposed': (last) => transpose(tensor2d([[0, 1, 2], [1, last, 3]], [2, 3], 'int32')), // prettier-ignore
  'that were reversed': (last) => reverse(integers([0, last, 3])),
  'that were repeated': (last) => tile(integers([0, last]), [2]),
  'that were copied into others': (last) => {
    const target = zeros([3], 'int32');
    copyInto(target, integers([last]), [1]);
    return target;
  },
  'into which others were copied': (last) => {
    const target = integers([0, 0, last]);
    copyInto(target, integers([3]), [1]);
    return target;
  },
  'that were raised': (last) => maximum(integers([0, last]), scalar(-7, 'int32')),
  'that were lowered': (last) => minimum(integers([0, last]), scalar(70, 'int32')),
  'that were shifted up': (last) => add(integers([-7, last - 7]), scalar(7, 'int32')),
  'that were shifted down': (last) => sub(integers([7, last + 7]), scalar(7, 'int32')),
  'that were counted backwards': (last) => sub(scalar(last, 'int32'), integers([0, last])),
  'that are a mask': (last) =>
    add(cast(tensor1d([true, false], 'bool'), 'int32'), scalar(last - 1, 'int32')), // prettier-ignore
  'that were summed up': (last) => add(cumsum(integers([1, 1, 1])), scalar(last - 3, 'int32')),
  'that were summed up from the end': (last) =>
    add(cumsum(integers([0, -1, -1]), 0, true, true), scalar(last, 'int32')),
  'of rows and columns': (last) =>
    add(mul(integers([0, 1]).reshape([2, 1]), scalar(2, 'int32')), integers([0, last - 2])),
};

/** What relies on indices from 0 to ROWS - 1. */
const USES: Readonly<Record<string, (indices: Tensor) => unknown>> = {
  embedding: (indices) => embedding(zeros([ROWS, 2]), indices),
  gather: (indices) => gather(zeros([ROWS, 2]), indices),
  softmaxCrossEntropy: (indices) => softmaxCrossEntropy(zeros([...indices.shape, ROWS]), indices),
};

function refusal(use: () => unknown): string {
  try {
    use();
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

describe.each(devices())('indices on %s', (device) => {
  useDevice(device);

  it.each(Object.entries(WAYS))('%s are refused as written ones are', (_, make) => {
    for (const bad of [ROWS, ROWS + 1, -1, -100]) {
      const indices = make(bad);
      const written = tensor1d(indices.dataSync<'int32'>(), 'int32').reshape(indices.shape);
      for (const use of Object.values(USES)) {
        const message = refusal(() => use(indices));
        expect(message).not.toBe('none');
        expect(message).toBe(refusal(() => use(written)));
      }
      expect(findBadIndex(indices, ROWS)).toEqual(findBadIndex(written, ROWS));
    }
    for (const use of Object.values(USES)) use(make(ROWS - 1));
  });

  it('are right where what is wrong was left out', () => {
    const first = slice(integers([3, ROWS]), [0], [1]);
    for (const use of Object.values(USES)) use(first);
  });

  it('are what is left of sums and products that wrap around', () => {
    const [most, one, half] = [2 ** 31 - 1, scalar(1, 'int32'), scalar(2 ** 16, 'int32')];
    for (const use of Object.values(USES)) {
      expect(refusal(() => use(add(integers([2, most]), one)))).toContain('-2147483648');
      expect(refusal(() => use(sub(integers([3, -most]), scalar(2, 'int32'))))).toContain('2147483647');
      expect(refusal(() => use(mul(integers([0, 2 ** 15]), half)))).toContain('-2147483648');
      use(mul(integers([0, 2 ** 16]), half));
      expect(refusal(() => use(cumsum(integers([1, most]))))).toContain('-2147483648');
    }
  });

  it('are positions of the largest element', () => {
    const place = (last: number): Tensor => argMax(oneHot(integers([0, last]), ROWS + 1), 1);
    for (const use of Object.values(USES)) {
      use(place(ROWS - 1));
      expect(refusal(() => use(place(ROWS)))).toContain(String(ROWS));
    }
  });
});

function native(): NativeBackend {
  const active = backend();
  if (!(active instanceof NativeBackend)) throw new TypeError('the active device is not native');
  return active;
}

describeOnNative('what device %s knows of indices', (device) => {
  const handles: Handle[] = [];
  afterEach(() => {
    for (const handle of handles.splice(0)) native().addon.release(handle);
  });
  useDevice(device); // after what is released after each test, since it looks for what was not

  it.each(Object.entries(WAYS))('lets those %s be used without a look', (_, make) => {
    const before = indexLooks();
    for (const use of Object.values(USES)) use(make(ROWS - 1));
    expect(findBadIndex(make(ROWS - 1), ROWS)).toBeUndefined();
    expect(indexLooks()).toBe(before);
  });

  it('lets positions along an axis be used without a look', () => {
    const before = indexLooks();
    for (const axis of [0, 1, 2]) {
      const positions = zeros([2, 3, 4], 'int32');
      scatterAdd(zeros([2, 3, 4]), positions, gatherAlong(zeros([2, 3, 4]), positions, axis), axis);
    }
    expect(indexLooks()).toBe(before);
  });

  const GOOD = Int32Array.of(0, 3, 1, 2, 0, 3, 1, 2);
  const allocate = (): Handle => {
    const handle = native().addon.allocate(GOOD.byteLength);
    handles.push(handle);
    return handle;
  };
  const written = (values: ArrayBufferView = GOOD): Handle => {
    const handle = allocate();
    native().addon.write(handle, values);
    return handle;
  };
  const areKnown = (handle: Handle): boolean => native().addon.areIndices(handle, ROWS, 0);
  /** Copies eight elements, or as many as the shape has, into a buffer. */
  const copy = (into: Handle, shape: number[], strides: number[], offset = 0): void =>
    native().kernels.copy_b32({
      in: written(),
      out: into,
      shape,
      in_strides: shape.map(() => 0),
      out_strides: strides,
      reversed: shape.map(() => 0),
      in_offset: 0,
      out_offset: offset,
    });
  const lookUp = (indices: Handle): void =>
    native().kernels.embedding_f32({
      weight: written(new Float32Array(GOOD.length)),
      indices,
      out: allocate(),
      count: GOOD.length,
      vocabulary: ROWS,
      features: 1,
    });
  it('is that those of a mask are 0 and 1, whatever its bytes are', () => {
    const mask = tensor1d(Uint8Array.of(0, 1, 2, 255), 'bool');
    for (const use of Object.values(USES)) use(cast(mask, 'int32'));
    expect(cast(mask, 'int32').dataSync()).toEqual(Int32Array.of(0, 1, 1, 1));
  });

  it('ends when something else is written into their buffer', () => {
    const bad = GOOD.with(5, ROWS);
    const rewritten = (values: ArrayBufferView): Handle => {
      const handle = written();
      expect(areKnown(handle)).toBe(true);
      native().addon.write(handle, values);
      return handle;
    };
    for (const values of [bad, new Uint8Array(bad.buffer), new Uint32Array(bad.buffer)]) {
      const handle = rewritten(values);
      expect(areKnown(handle)).toBe(false);
      expect(() => lookUp(handle)).toThrow(/received 4 at position 5/);
    }
    expect(areKnown(rewritten(new Float32Array(8)))).toBe(false);
    expect(areKnown(rewritten(GOOD))).toBe(true);
  });

  it('ends when a kernel computes something into their buffer', () => {
    const [x, squares] = [written(), written()];
    native().kernels.square_i32({ in: x, out: squares, count: 8 });
    expect(areKnown(squares)).toBe(false);
    expect(() => lookUp(squares)).toThrow(/received 9 at position 1/);
    native().kernels.square_i32({ in: x, out: x, count: 8 });
    expect(areKnown(x)).toBe(false);
    expect(() => lookUp(x)).toThrow(/received 9 at position 1/);
  });

  it('follows sums, also into an operand', () => {
    const bound = (handle: Handle): number =>
      [...Array(20).keys()].findIndex((n) => native().addon.areIndices(handle, n, 0));
    const [a, b, sum] = [written(), written(), written()];
    native().kernels.add_i32({ a, b, out: sum, shape: [8], a_strides: [1], b_strides: [1] });
    expect(bound(sum)).toBe(7);
    native().kernels.add_i32({ a: sum, b, out: sum, shape: [8], a_strides: [1], b_strides: [1] });
    expect(bound(sum)).toBe(10);
    native().kernels.add_i32({ a, b, out: sum, shape: [1], a_strides: [1], b_strides: [1] });
    expect(bound(sum)).toBe(10); // of the other elements
  });

  it('widens by a part that is written, and ends where that is unknown', () => {
    const handle = written();
    copy(handle, [3], [2], 1);
    expect(areKnown(handle)).toBe(true);
    native().kernels.fill_i32({ out: handle, count: 7, value: -2 });
    expect(areKnown(handle)).toBe(false);
    expect(native().addon.areIndices(handle, ROWS, -2)).toBe(true);
    expect(native().addon.areIndices(handle, ROWS, -3)).toBe(false);
    native().kernels.fill_i32({ out: handle, count: 8, value: 1 });
    expect(areKnown(handle)).toBe(true);
  });

  it('is nothing of a buffer that is not written to its end', () => {
    const handle = allocate();
    expect(areKnown(handle)).toBe(false);
    copy(handle, [7], [1]);
    expect(areKnown(handle)).toBe(false);
    copy(handle, [7], [1], 1); // both together would do, which nobody keeps count of
    expect(areKnown(handle)).toBe(false);
    copy(handle, [8], [1]);
    expect(areKnown(handle)).toBe(true);
  });

  it('is nothing of a copy that leaves gaps, though it has as many elements', () => {
    const handle = allocate();
    copy(handle, [2, 2, 2], [2, 2, 3]);
    expect(areKnown(handle)).toBe(false);
    copy(handle, [2, 2, 2], [1, 4, 2]);
    expect(areKnown(handle)).toBe(true);
  });

  it('ends with the buffer, though the next one may take its place', () => {
    for (let round = 0; round < 8; round++) {
      const handle = native().addon.allocate(GOOD.byteLength);
      expect(areKnown(handle)).toBe(false);
      copy(handle, [4], [1]);
      expect(areKnown(handle)).toBe(false);
      native().addon.write(handle, GOOD);
      expect(areKnown(handle)).toBe(true);
      native().addon.release(handle);
    }
  });

  it('is nothing of memory that another thread may write meanwhile', () => {
    const shared = new Int32Array(new SharedArrayBuffer(GOOD.byteLength));
    expect(areKnown(written(shared))).toBe(false);
  });

  it('is nothing of bytes that are moved apart', () => {
    const [from, to] = [written(), written()];
    const walk = { shape: [4, 8], in_strides: [1, 4], out_strides: [8, 1], reversed: [0, 0] };
    native().kernels.copy_b8({ in: from, out: to, ...walk, in_offset: 0, out_offset: 0 });
    expect(areKnown(to)).toBe(false);
  });

  it('refuses a bound that is no integer', () => {
    const handle = written();
    for (const bad of [0.5, NaN, '4', undefined]) {
      expect(() => Reflect.apply(native().addon.areIndices, native().addon, [handle, bad, 0])).toThrow(/areIndices/);
      expect(() => Reflect.apply(native().addon.areIndices, native().addon, [handle, 4, bad])).toThrow(/areIndices/);
    }
  });
});

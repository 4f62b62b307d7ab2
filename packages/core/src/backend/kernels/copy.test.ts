// SPDX-License-Identifier: Apache-2.0
// Strided copies: how walks are shortened, what the kernel refuses, and threads.

import { describeOnNative, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { setThreads } from '../../device.ts';
import { type Tensor, backend, concat, tile, transpose } from '../../tf.ts';
import type { NativeBackend } from '../native-backend.ts';
import { shortestWalk } from './copy.ts';

describe('shortestWalk', () => {
  it('joins axes that both tensors step through evenly', () => {
    const walk = shortestWalk({ shape: [2, 3, 4], inStrides: [12, 4, 1], outStrides: [24, 4, 1] });
    expect(walk).toEqual({ shape: [2, 12], in_strides: [12, 1], out_strides: [24, 1], reversed: [0, 0] });
  });

  it('joins reversed axes with reversed ones only', () => {
    const strides = { inStrides: [12, 4, 1], outStrides: [12, 4, 1] };
    const reversed = (flags: boolean[]): number[][] => {
      const walk = shortestWalk({ shape: [2, 3, 4], ...strides, reversed: flags });
      return [[...walk.shape], [...walk.reversed]];
    };
    expect(reversed([true, true, false])).toEqual([
      [6, 4],
      [1, 0],
    ]);
    expect(reversed([true, false, false])).toEqual([
      [2, 12],
      [1, 0],
    ]);
    expect(reversed([true, true, true])).toEqual([[24], [1]]);
  });

  it('puts the axis along which the input is dense next to the last', () => {
    const walk = shortestWalk({ shape: [4, 3, 2], inStrides: [1, 4, 12], outStrides: [6, 2, 1] });
    expect(walk).toEqual({ shape: [3, 4, 2], in_strides: [4, 1, 12], out_strides: [2, 6, 1], reversed: [0, 0, 0] });
  });

  it('leaves nothing of a single element', () => {
    expect(shortestWalk({ shape: [1, 1], inStrides: [1, 1], outStrides: [1, 1] }).shape).toEqual([]);
  });
});

describeOnNative('copy on %s', (device) => {
  useDevice(device);
  afterEach(() => setThreads(0));

  it('gives the same in any number of threads', () => {
    const x = randomTensor([3, 130, 70], { seed: 1, low: -1 });
    const all = (): Tensor[] => [transpose(x, [0, 2, 1]), transpose(x), concat([x, x], 2), tile(x, [1, 2, 1])];
    setThreads(1);
    const alone = all();
    setThreads(3);
    all().forEach((y, i) => expect(y).toBeCloseToTensor(alone[i], tolerance('exact')));
  });

  it('moves every bit pattern unchanged', () => {
    const bits = Uint32Array.from({ length: 33 * 35 }, (_, i) => 0x7f800001 + i * 0x1003); // signalling NaNs among them
    const x = randomTensor([33, 35], { seed: 1 });
    const native = backend() as NativeBackend;
    const from = native.write(new Float32Array(bits.buffer), [33, 35], 'float32');
    const to = native.allocate([35, 33], 'float32');
    native.kernels.copy_b32({
      in: native.buffer({ ...x, dataId: from }),
      out: native.buffer(to),
      shape: [35, 33],
      in_strides: [1, 35],
      out_strides: [33, 1],
      reversed: [0, 0],
      in_offset: 0,
      out_offset: 0,
    });
    const moved = new Uint32Array((native.readSync(to.dataId) as Float32Array).buffer);
    expect(moved).toEqual(Uint32Array.from({ length: 33 * 35 }, (_, i) => bits[(i % 33) * 35 + Math.floor(i / 33)]));
    native.disposeData(from);
    native.disposeData(to.dataId);
  });

  describe('refuses', () => {
    const good = {
      shape: [2, 3],
      in_strides: [3, 1],
      out_strides: [3, 1],
      reversed: [0, 1],
      in_offset: 0,
      out_offset: 0,
    };
    const copy = (change: object): void => {
      const native = backend() as NativeBackend;
      const [from, to] = [native.allocate([6], 'float32'), native.allocate([6], 'float32')];
      try {
        native.kernels.copy_b32({ in: native.buffer(from), out: native.buffer(to), ...good, ...change });
      } finally {
        native.disposeData(from.dataId);
        native.disposeData(to.dataId);
      }
    };

    it('nothing that fits', () => expect(() => copy({})).not.toThrow());

    it.each([
      ['reading behind the end', { in_strides: [4, 1] }],
      ['an offset behind the end', { in_offset: 1 }],
      ['a negative offset', { in_offset: -1 }],
      ['writing behind the end', { out_strides: [4, 1] }],
      ['writing from an offset behind the end', { out_offset: 1 }],
      ['strides of another rank', { in_strides: [1] }],
      ['writing an element twice', { out_strides: [0, 1] }],
      ['more elements than can be counted', { shape: [2 ** 40, 2 ** 40], in_strides: [0, 0], out_strides: [0, 0] }],
      ['reversed other than 0 and 1', { reversed: [2, 0] }],
    ])('%s', (_, change) => expect(() => copy(change)).toThrowCode('CONTRACT'));
  });

  it('takes an empty walk', () => {
    const x = randomTensor([0, 5], { seed: 1 });
    expect(transpose(x)).toBeCloseToTensor({ shape: [5, 0], dtype: 'float32', values: [] }, tolerance('exact'));
  });
});

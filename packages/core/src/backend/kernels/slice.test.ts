// SPDX-License-Identifier: Apache-2.0
// Kernels that take parts of tensors and join tensors, against index arithmetic, on every device.

import { devices, tolerance, useDevice } from '@nabla/testing';

import { rowMajorStrides, sizeOf } from '../../shape.ts';
import { type Tensor, complex, concat, slice, split, stack, tensor, unstack } from '../../tf.ts';
import { runKernelForOne } from '../../ops/run.ts';

const DTYPES = ['float32', 'int32', 'bool'] as const;
type NativeType = (typeof DTYPES)[number];
const exact = tolerance('exact');

function numbered(shape: readonly number[], dtype: NativeType, first = 1): Tensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
    dtype === 'bool' ? Number(((i + first) * i) % 7 < 3) : i + first,
  );
  return tensor(values, [...shape], dtype);
}

/** The elements of `x` at `begin + index * step`. */
function part(x: Tensor, shape: number[], begin: number[], steps: number[] = shape.map(() => 1)): object {
  const values = x.dataSync();
  const [from, to] = [rowMajorStrides(x.shape), rowMajorStrides(shape)];
  const result = Array.from({ length: sizeOf(shape) }, (_, offset) => {
    const index = to.map((stride, axis) => Math.floor(offset / stride) % shape[axis]);
    return values[index.reduce((sum, i, axis) => sum + (begin[axis] + i * steps[axis]) * from[axis], 0)];
  });
  return { shape, dtype: x.dtype, values: result };
}

type Expected = Parameters<jest.Matchers<void>['toBeCloseToTensor']>[0];
const matches = (received: Tensor, expected: object): void => {
  expect(received).toBeCloseToTensor(expected as Expected, exact);
};

interface StridedSlice {
  readonly x: number[];
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask?: number;
  readonly endMask?: number;
  readonly shrinkAxisMask?: number;
  readonly newAxisMask?: number;
  readonly shape: number[];
}

const STRIDED: readonly StridedSlice[] = [
  { x: [9], begin: [1], end: [8], strides: [3], shape: [3] },
  { x: [9], begin: [7], end: [1], strides: [-2], shape: [3] },
  { x: [9], begin: [3], end: [3], strides: [1], shape: [0] },
  { x: [5, 17], begin: [0, 16], end: [5, 0], strides: [2, -3], shape: [3, 6] },
  { x: [4, 6], begin: [1, 2], end: [3, 5], strides: [1, 1], shape: [2, 3] },
  { x: [4, 6], begin: [0, 0], end: [0, 0], strides: [1, 1], beginMask: 3, endMask: 3, shape: [4, 6] },
  { x: [4, 6], begin: [2, 1], end: [3, 6], strides: [1, 1], shrinkAxisMask: 1, shape: [5] },
  { x: [4, 6], begin: [0, 1, 1], end: [0, 3, 5], strides: [1, 1, 2], newAxisMask: 1, shape: [1, 2, 2] },
];

describe.each(devices())('parts on %s', (device) => {
  useDevice(device);

  describe.each(DTYPES)('%s', (dtype) => {
    it.each([
      [[20], [3], [16]],
      [[20], [0], [20]],
      [
        [5, 40],
        [1, 3],
        [3, 33],
      ],
      [
        [5, 40],
        [2, 0],
        [2, 40],
      ],
      [
        [5, 3],
        [0, 1],
        [5, 1],
      ],
      [
        [2, 3, 4, 5],
        [1, 0, 2, 1],
        [1, 3, 2, 3],
      ],
      [
        [2, 2, 2, 2, 2, 3],
        [0, 1, 0, 1, 0, 1],
        [2, 1, 2, 1, 2, 2],
      ],
      [
        [4, 3],
        [2, 1],
        [0, 2],
      ],
      [
        [0, 3],
        [0, 1],
        [0, 2],
      ],
    ])('slices %j from %j to the size %j', (shape, begin, size) => {
      const x = numbered(shape, dtype);
      matches(slice(x, begin, size), part(x, size, begin));
    });

    it.each(STRIDED)('slices $x from $begin to $end in steps of $strides', (row) => {
      const { x: shape, shape: expected, ...attributes } = row;
      const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
      const x = numbered(shape, dtype);
      const result = runKernelForOne('StridedSlice', { x }, { ...masks, ...attributes });
      const used = row.newAxisMask === 1 ? 1 : 0; // the axes of x that begin and strides speak of
      const [begin, steps] = [row.begin.slice(used), row.strides.slice(used)];
      const dense = shape.map((length, axis) => {
        if (row.shrinkAxisMask === 1 << axis) return 1;
        return row.endMask === 3 ? length : Math.max(0, Math.ceil((row.end[axis + used] - begin[axis]) / steps[axis]));
      });
      matches(result, { ...part(x, dense, begin, steps), shape: expected });
    });

    it.each([
      [[12], 3, 0],
      [[4, 10], 5, 1],
      [[6, 5], 2, 0],
      [[3, 4, 5], 4, -2],
    ])('splits %j into %i along %i', (shape, count, axis) => {
      const x = numbered(shape, dtype);
      const along = axis < 0 ? axis + shape.length : axis;
      const size = shape.with(along, shape[along] / count);
      split(x, count, axis).forEach((piece, i) => {
        matches(
          piece,
          part(
            x,
            size,
            shape.map((_, a) => (a === along ? i * size[a] : 0)),
          ),
        );
      });
    });

    it('splits by sizes, and into tensors of one rank less', () => {
      const x = numbered([3, 7], dtype);
      const [a, b, c] = split(x, [2, 0, 5], 1);
      matches(a, part(x, [3, 2], [0, 0]));
      matches(b, part(x, [3, 0], [0, 0]));
      matches(c, part(x, [3, 5], [0, 2]));
      unstack(x, 1).forEach((column, i) => matches(column, { ...part(x, [3, 1], [0, i]), shape: [3] }));
      unstack(x, -2).forEach((row, i) => matches(row, { ...part(x, [1, 7], [i, 0]), shape: [7] }));
    });

    it.each([
      [[[3], [5]], 0],
      [
        [
          [2, 17],
          [3, 17],
          [1, 17],
        ],
        0,
      ],
      [
        [
          [4, 3],
          [4, 20],
          [4, 1],
        ],
        1,
      ],
      [
        [
          [2, 3, 4],
          [2, 0, 4],
          [2, 5, 4],
        ],
        1,
      ],
      [
        [
          [2, 3, 4],
          [2, 3, 5],
        ],
        -1,
      ],
      [
        [
          [0, 3],
          [0, 3],
        ],
        1,
      ],
      [
        [
          [0, 3],
          [2, 3],
        ],
        0,
      ],
    ])('joins %j along %i', (shapes, axis) => {
      const tensors = shapes.map((shape, i) => numbered(shape, dtype, 100 * i));
      const along = axis < 0 ? axis + shapes[0].length : axis;
      const joined = concat(tensors, axis);
      let begin = 0;
      for (const x of tensors) {
        const start = joined.shape.map((_, a) => (a === along ? begin : 0));
        const whole = x.shape.map(() => 0);
        if (joined.size > 0) matches(slice(joined, start, x.shape), part(x, x.shape, whole)); // tfjs slices nothing empty
        begin += x.shape[along];
      }
      expect(joined.shape).toEqual(shapes[0].with(along, begin));
    });

    it.each([
      [[], 0],
      [[5], 0],
      [[5], 1],
      [[2, 17], 1],
      [[2, 17], -1],
    ])('stacks tensors of shape %j along %i', (shape, axis) => {
      const tensors = [0, 1, 2].map((i) => numbered(shape, dtype, 100 * i));
      const along = axis < 0 ? axis + shape.length + 1 : axis;
      const stacked = stack(tensors, axis);
      expect(stacked.shape).toEqual(shape.toSpliced(along, 0, 3));
      unstack(stacked, along).forEach((x, i) => {
        matches(x, { shape, dtype, values: tensors[i].dataSync() });
      });
      expect(stack(tensors.slice(0, 1), axis).shape).toEqual(shape.toSpliced(along, 0, 1));
    });
  });

  it('refuses parts that are not there, and shapes that do not fit', () => {
    const x = numbered([3, 4], 'float32');
    expect(() => slice(x, [0, 2], [3, 3])).toThrow(/overflow/);
    expect(() => split(x, 3, 1)).toThrow(/split/);
    expect(() => concat([x, numbered([2, 4], 'float32')], 1)).toThrow(/concat/i);
    expect(() => stack([x, numbered([4, 3], 'float32')])).toThrow(/shapes/);
  });

  it('leaves strings and complex numbers to the definitions', () => {
    expect(slice(tensor(['a', 'b', 'c']), 1).dataSync()).toEqual(['b', 'c']);
    expect(concat([tensor(['a']), tensor(['b'])]).dataSync()).toEqual(['a', 'b']);
    expect([...concat([complex([1], [2]), complex([3], [4])]).dataSync()]).toEqual([1, 2, 3, 4]);
  });
});

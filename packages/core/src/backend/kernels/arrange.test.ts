// SPDX-License-Identifier: Apache-2.0
// Kernels that order, repeat or surround elements, against index arithmetic, on every device.

import { devices, tolerance, useDevice } from '@nabla/testing';

import { rowMajorStrides, sizeOf } from '../../shape.ts';
import { type Tensor, complex, mirrorPad, pad, reverse, tensor, tile, transpose, zeros } from '../../tf.ts';

const DTYPES = ['float32', 'int32', 'bool'] as const;

/** A tensor whose elements tell where they are; for bool as well as one bit can. */
function numbered(shape: readonly number[], dtype: (typeof DTYPES)[number]): Tensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
    dtype === 'bool' ? Number((i * i) % 7 < 3) : i + 1,
  );
  return tensor(values, [...shape], dtype);
}

/** A tensor of `shape` whose element at each index is that of `x` at `source(index)`, or `otherwise` where there is none. */
function picked(x: Tensor, shape: readonly number[], source: (index: number[]) => number[], otherwise = 0): object {
  const values = x.dataSync();
  const [from, to] = [rowMajorStrides(x.shape), rowMajorStrides(shape)];
  const result = Array.from({ length: sizeOf(shape) }, (_, offset) => {
    const index = source(to.map((stride, axis) => Math.floor(offset / stride) % shape[axis]));
    const inside = index.every((i, axis) => i >= 0 && i < x.shape[axis]);
    return inside ? values[index.reduce((sum, i, axis) => sum + i * from[axis], 0)] : otherwise;
  });
  return { shape, dtype: x.dtype, values: result };
}

const exact = tolerance('exact');
type Expected = Parameters<jest.Matchers<void>['toBeCloseToTensor']>[0];
const matches = (received: Tensor, expected: object): void => {
  expect(received).toBeCloseToTensor(expected as Expected, exact);
};

const PERMUTATIONS: readonly (readonly [shape: number[], permutation: number[]])[] = [
  [[5], [0]],
  [
    [3, 4],
    [0, 1],
  ],
  ...[1, 7, 15, 16, 17, 31, 33, 100].map((n): [number[], number[]] => [
    [n, 19],
    [1, 0],
  ]),
  ...[1, 7, 15, 16, 17, 31, 33, 100].map((n): [number[], number[]] => [
    [35, n],
    [1, 0],
  ]),
  [
    [300, 40],
    [1, 0],
  ],
  [
    [7, 1100],
    [1, 0],
  ],
  [
    [1100, 7],
    [1, 0],
  ],
  [
    [3, 33, 18],
    [0, 2, 1],
  ],
  [
    [3, 33, 18],
    [1, 0, 2],
  ],
  [
    [3, 33, 18],
    [2, 1, 0],
  ],
  [
    [3, 33, 18],
    [1, 2, 0],
  ],
  [
    [2, 9, 4, 16],
    [0, 2, 1, 3],
  ], // [batch, time, heads, size] to [batch, heads, time, size]
  [
    [2, 9, 4, 16],
    [0, 2, 3, 1],
  ],
  [
    [2, 1, 4, 1],
    [3, 2, 1, 0],
  ],
  [
    [2, 3, 4, 5, 6],
    [4, 2, 0, 3, 1],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [5, 3, 1, 4, 2, 0],
  ],
  [
    [4, 0, 3],
    [2, 0, 1],
  ],
];

describe.each(devices())('arranging on %s', (device) => {
  useDevice(device);

  describe.each(DTYPES)('%s', (dtype) => {
    it.each(PERMUTATIONS)('transposes %j by %j', (shape, permutation) => {
      const x = numbered(shape, dtype);
      const source = (index: number[]): number[] => shape.map((_, axis) => index[permutation.indexOf(axis)]);
      matches(
        transpose(x, permutation),
        picked(
          x,
          permutation.map((axis) => shape[axis]),
          source,
        ),
      );
    });

    it.each([
      [[9], [0]],
      [[5, 17], [1]],
      [[5, 17], [0]],
      [
        [5, 17],
        [0, 1],
      ],
      [
        [2, 3, 4, 5],
        [1, 2],
      ],
      [
        [2, 3, 4, 5],
        [0, 3],
      ],
      [[2, 1, 3], [1]],
      [[0, 3], [1]],
    ])('reverses %j along %j', (shape, axes) => {
      const x = numbered(shape, dtype);
      const source = (index: number[]): number[] =>
        index.map((i, axis) => (axes.includes(axis) ? shape[axis] - 1 - i : i));
      matches(reverse(x, axes), picked(x, shape, source));
    });

    it.each([
      [[5], [3]],
      [
        [1, 17],
        [4, 1],
      ],
      [
        [17, 1],
        [1, 20],
      ],
      [
        [3, 4],
        [2, 3],
      ],
      [
        [3, 4],
        [1, 1],
      ],
      [
        [3, 4],
        [0, 2],
      ],
      [
        [2, 3, 4],
        [2, 1, 3],
      ],
      [
        [2, 1, 2, 1],
        [1, 3, 2, 5],
      ],
      [
        [2, 2, 2, 2, 2],
        [2, 2, 2, 2, 2],
      ], // more axes than the kernel takes
    ])('tiles %j by %j', (shape, reps) => {
      const x = numbered(shape, dtype);
      const source = (index: number[]): number[] => index.map((i, axis) => i % shape[axis]);
      matches(
        tile(x, reps),
        picked(
          x,
          shape.map((length, axis) => length * reps[axis]),
          source,
        ),
      );
    });

    it.each([
      [[4], [[2, 3]]],
      [
        [3, 17],
        [
          [1, 0],
          [0, 2],
        ],
      ],
      [
        [3, 17],
        [
          [0, 0],
          [0, 0],
        ],
      ],
      [
        [2, 3, 4],
        [
          [1, 1],
          [2, 0],
          [0, 3],
        ],
      ],
      [
        [0, 2],
        [
          [1, 1],
          [1, 0],
        ],
      ],
      [
        [2, 1, 2, 3],
        [
          [0, 1],
          [1, 1],
          [0, 0],
          [2, 2],
        ],
      ],
    ] as [number[], [number, number][]][])('pads %j by %j', (shape, paddings) => {
      const x = numbered(shape, dtype);
      const source = (index: number[]): number[] => index.map((i, axis) => i - paddings[axis][0]);
      const padded = shape.map((length, axis) => paddings[axis][0] + length + paddings[axis][1]);
      matches(pad(x, paddings, 1), picked(x, padded, source, 1));
    });

    it.each([
      { shape: [4], paddings: [[2, 3]] },
      { shape: [100], paddings: [[33, 99]] },
      {
        shape: [3, 17],
        paddings: [
          [1, 0],
          [0, 16],
        ],
      },
      {
        shape: [3, 17],
        paddings: [
          [0, 0],
          [0, 0],
        ],
      },
      {
        shape: [2, 3, 4],
        paddings: [
          [1, 1],
          [2, 0],
          [0, 3],
        ],
      },
      {
        shape: [2, 2, 3, 2],
        paddings: [
          [1, 1],
          [1, 0],
          [2, 2],
          [0, 1],
        ],
      },
    ] as { shape: number[]; paddings: [number, number][] }[])('mirrors $shape by $paddings', ({ shape, paddings }) => {
      const x = numbered(shape, dtype);
      const padded = shape.map((length, axis) => paddings[axis][0] + length + paddings[axis][1]);
      for (const [mode, edge] of [
        ['reflect', 0],
        ['symmetric', 1],
      ] as const) {
        const source = (index: number[]): number[] =>
          index.map((position, axis) => {
            const [i, length] = [position - paddings[axis][0], shape[axis]];
            return i < 0 ? -i - edge : i >= length ? 2 * (length - 1) - i + edge : i;
          });
        matches(mirrorPad(x, paddings, mode), picked(x, padded, source));
      }
    });
  });

  it('gives scalars back', () => {
    const x = tensor(3);
    for (const y of [transpose(x), reverse(x), tile(x, [])]) expect(y).toBeCloseToTensor(3, exact);
  });

  it('pads with NaN and with numbers that the dtype cuts', () => {
    expect(pad(tensor([1]), [[1, 0]], NaN)).toBeCloseToTensor([NaN, 1], exact);
    expect(pad(tensor([1], [1], 'int32'), [[1, 0]], -2.5)).toBeCloseToTensor(Int32Array.of(-2, 1), exact);
  });

  it('mirrors the bits of NaN, a whole symmetric axis, and nothing', () => {
    expect(mirrorPad(tensor([NaN, -0, 3]), [[2, 0]], 'reflect')).toBeCloseToTensor([3, -0, NaN, -0, 3], exact);
    expect(mirrorPad(tensor([1, 2]), [[2, 2]], 'symmetric')).toBeCloseToTensor([2, 1, 1, 2, 2, 1], exact);
    const nothing = { shape: [0, 3], dtype: 'float32', values: [] };
    const borders: [number, number][] = [
      [0, 0],
      [1, 0],
    ];
    matches(mirrorPad(zeros([0, 2]), borders, 'symmetric'), nothing);
    expect(() => mirrorPad(tensor([1, 2]), [[2, 0]], 'reflect')).toThrow(/Padding in dimension 0/);
  });

  it('leaves strings and complex numbers to the definitions', () => {
    expect(tile(tensor(['a', 'b']), [2]).dataSync()).toEqual(['a', 'b', 'a', 'b']);
    expect(() => reverse(complex([1, 2], [3, 4]))).toThrow(/complex/);
    expect(() => mirrorPad(complex([1, 2], [3, 4]), [[1, 1]], 'reflect')).toThrow(/complex/);
  });
});

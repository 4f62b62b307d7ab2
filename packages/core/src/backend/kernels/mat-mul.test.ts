// SPDX-License-Identifier: Apache-2.0
// Matrix products on every device against sums in double precision: sizes around the tiles, panels and blocks, every
// transposition, and what must not depend on the sizes: NaN, the epilogue, the number of threads.

import {
  TRANSPOSITIONS,
  describeOnNative,
  devices,
  randomTensor,
  randomValues,
  tolerance,
  useDevice,
} from '@nabla/testing';

import { setThreads } from '../../device.ts';
import { linear, plainLinear } from '../../ops/linear.ts';
import { type Tensor, matMul, tensor2d } from '../../tf.ts';

function operand(rows: number, columns: number, isTransposed: boolean, seed: number): Tensor {
  return randomTensor(isTransposed ? [columns, rows] : [rows, columns], { seed });
}

type Sizes = readonly [rows: number, inner: number, columns: number];

/** `a b`, each element summed in double precision. */
function product(a: Tensor, b: Tensor, [m, k, n]: Sizes, transposeA: boolean, transposeB: boolean): Tensor {
  const [left, right] = [a.dataSync(), b.dataSync()];
  const out = new Float32Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++)
        sum += left[transposeA ? p * m + i : i * k + p] * right[transposeB ? j * k + p : p * n + j];
      out[i * n + j] = sum;
    }
  return tensor2d(out, [m, n]);
}

const SIZES: readonly Sizes[] = [
  // around the tiles of all targets: 8 x 48, 6 x 16, 8 x 12 and 4 x 8
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((rows) => [rows, 19, 65] as const),
  ...[1, 7, 8, 9, 12, 13, 15, 16, 17, 31, 33, 47, 48, 49, 64, 65, 97].map((columns) => [13, 7, columns] as const),
  ...[1, 15, 16, 17, 31, 32, 33].map((inner) => [9, inner, 35] as const),
  [131, 5, 70], // too many rows to read B in place
  [70, 5, 131], // too many columns to read A in place where it is transposed
  [35, 3, 1024], // rows that compete for the same lines of a cache
  [1024, 3, 35],
  [3, 1024, 5],
  [10, 385, 20], // two blocks of k
  [2049, 2, 3], // two chunks
  [3, 2, 2049],
  // thin where both are contiguous along k
  [1, 130, 3],
  [4, 33, 9],
  [5, 515, 7],
  [7, 300, 37],
  [37, 300, 6],
  // thin where the second operand is contiguous along its rows
  [1, 71, 131],
  [2, 64, 96],
  [4, 1030, 257],
  [3, 769, 350], // parts of unequal length
  [2, 65, 4100], // several blocks of columns
];

describe.each(devices())('matMul on %s', (device) => {
  useDevice(device);

  it.each(SIZES)('is the sum of products for %i rows, %i inner, %i columns', (rows, inner, columns) => {
    for (const [transposeA, transposeB] of TRANSPOSITIONS) {
      const a = operand(rows, inner, transposeA, 1);
      const b = operand(inner, columns, transposeB, 2);
      const expected = product(a, b, [rows, inner, columns], transposeA, transposeB);
      expect(matMul(a, b, transposeA, transposeB)).toBeCloseToTensor(expected, tolerance('matmul', inner));
    }
  });

  it.each([
    [5, 20, 50],
    [6, 400, 33],
    [2, 67, 177],
  ])('keeps NaN and infinities to their row and column: %i rows, %i inner, %i columns', (rows, inner, columns) => {
    for (const [transposeA, transposeB] of TRANSPOSITIONS) {
      const poisoned = (shape: [number, number], seed: number, last: number): Tensor => {
        const values = randomValues(shape[0] * shape[1], { seed });
        values[values.length - 1] = last;
        return tensor2d(values, shape);
      };
      const a = poisoned(transposeA ? [inner, rows] : [rows, inner], 3, NaN); // its last row
      const b = poisoned(transposeB ? [columns, inner] : [inner, columns], 4, Infinity); // its last column
      const expected = product(a, b, [rows, inner, columns], transposeA, transposeB);
      expect(matMul(a, b, transposeA, transposeB)).toBeCloseToTensor(expected, tolerance('matmul', inner));
    }
  });

  it.each([
    [9, 70, 50],
    [6, 300, 33],
    [33, 600, 5],
  ])('applies bias and activation to every element: %i rows, %i inner, %i columns', (rows, inner, columns) => {
    const x = randomTensor([rows, inner], { seed: 5 });
    const weight = randomTensor([columns, inner], { seed: 6 });
    const bias = randomTensor([columns], { seed: 7 });
    const options = { activation: 'relu' } as const;
    const expected = plainLinear(x, weight, bias, options);
    expect(linear(x, weight, bias, options)).toBeCloseToTensor(expected, tolerance('matmul', inner));
  });
});

describeOnNative('matMul on the threads of %s', (device) => {
  useDevice(device);
  afterEach(() => setThreads(0));

  it.each([
    [70, 260, 200],
    [200, 390, 150],
    [16, 800, 900],
    [1, 801, 1003],
    [3, 90, 4999],
  ])('gives the same bits on one thread and on three: %i rows, %i inner, %i columns', (rows, inner, columns) => {
    for (const [transposeA, transposeB] of TRANSPOSITIONS) {
      const a = operand(rows, inner, transposeA, 8);
      const b = operand(inner, columns, transposeB, 9);
      setThreads(1);
      const one = matMul(a, b, transposeA, transposeB);
      setThreads(3);
      expect(matMul(a, b, transposeA, transposeB)).toBeCloseToTensor(one, tolerance('exact'));
    }
  });

  it.each([
    [1, 70, 110, 80],
    [1, 96, 200, 96],
    [3, 60, 70, 60],
  ])('gives the same bits where threads have nothing to do: %i products, %i rows, %i inner, %i columns', (...sizes) => {
    const [batch, rows, inner, columns] = sizes;
    const a = randomTensor([batch, rows, inner], { seed: 10 });
    const b = randomTensor([batch, inner, columns], { seed: 11 });
    setThreads(1);
    const one = matMul(a, b);
    setThreads(16);
    for (let i = 0; i < 20; i++) expect(matMul(a, b)).toBeCloseToTensor(one, tolerance('exact'));
  });
});

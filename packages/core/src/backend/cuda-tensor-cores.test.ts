// SPDX-License-Identifier: Apache-2.0
// Our own products on tensor cores, against float32 products of factors that were rounded beforehand: in tf32, and in bf16, which weights
// that are stored so are multiplied in whatever their size. They run where device cuda has no cuBLAS; NABLA_CUBLAS=0 keeps it away.

import {
  TRANSPOSITIONS,
  type Tolerance,
  describeOnCuda,
  inPrecision,
  randomTensor,
  roundToBf16,
  roundToTf32,
  tolerance,
  useDevice,
} from '@nabla/testing';

import { linear } from '../ops/linear.ts';
import { storeAsBfloat16 } from '../ops/store-as-bfloat16.ts';
import { type Tensor, add, backend, fill, matMul, mul, slice, tanh, tensor, zeros } from '../tf.ts';
import { ACTIVATIONS } from './definitions/activation.ts';
import { cudaSearch } from './load-addon.ts';
import type { NativeBackend } from './native-backend.ts';

const isOwn = cudaSearch().addon?.matmulLibrary().startsWith('own kernels') === true;
const isEmulated = cudaSearch().addon?.target().startsWith('emulated') === true;

/** Tensor cores cut off the last bits of their sums, which makes larger differences than rounding does. */
const closeness = (inner: number): Tolerance => tolerance('matmul', 4 * inner);

const PRECISIONS = ['tf32', 'bf16'] as const;
type Precision = (typeof PRECISIONS)[number];

const rounded = (precision: Precision, x: Tensor): Tensor => (precision === 'tf32' ? roundToTf32(x) : roundToBf16(x));

/** Numbers that tf32 does not have. */
function factor(shape: number[], seed: number): Tensor {
  return mul(randomTensor(shape, { seed }), 1.0007);
}

/** A second factor, which a product in bf16 finds stored so: such products are in bf16 whatever their size. */
function secondFactor(precision: Precision, shape: number[], seed: number): Tensor {
  const b = factor(shape, seed);
  if (precision === 'bf16') storeAsBfloat16(b);
  return b;
}

/** Around tiles and their steps along k, with rows that are aligned and others, and k divided into parts. */
const SIZES: readonly (readonly [rows: number, inner: number, columns: number])[] = [
  [7, 1, 1],
  [16, 31, 33],
  [33, 100, 16],
  [64, 8, 64],
  [64, 31, 129],
  [129, 100, 200],
  [200, 500, 129],
  [200, 40, 256],
  [16, 2100, 33],
  [5, 2051, 8],
];

/** Those that are large to a GPU; the emulated one, which is slow and small, has large tiles for those above. */
const LARGE_SIZES: typeof SIZES = [
  [1600, 48, 1700],
  [1601, 51, 1703],
  [2100, 1056, 2700],
  [2101, 1057, 2701],
  [768, 9000, 772],
];

/** The numbers of one matrix product, and what the rows of each matrix take in memory. */
interface OneProduct {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly rows: readonly [a: number, b: number, c: number];
}

/** `c` and `pre` of it with a bias and an activation, by the kernel itself. */
function run(a: Tensor, b: Tensor, bias: Tensor, { m, k, n, rows }: OneProduct, activation: number): [Tensor, Tensor] {
  const native = backend() as NativeBackend;
  const [c, pre] = [zeros([m, rows[2]]), zeros([m, rows[2]])];
  native.kernels.matmul_f32({
    ...{ a: native.buffer(a), b: native.buffer(b), bias: native.buffer(bias) },
    ...{ c: native.buffer(c), pre: native.buffer(pre) },
    ...{ batch: 1, m, n, k, transpose_a: 0, transpose_b: 0, activation, has_bias: 1, has_pre: 1 },
    ...{ row_a: rows[0], row_b: rows[1], row_c: rows[2], batch_a: 0, batch_b: 0, batch_c: 0 },
  });
  return [c, pre];
}

function products(precision: Precision): void {
  useDevice('cuda');
  const multiply = (a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor =>
    inPrecision(precision, () => matMul(a, b, transposeA, transposeB));
  const expected = (a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor =>
    matMul(rounded(precision, a), rounded(precision, b), transposeA, transposeB);

  it.each(isEmulated ? SIZES : [...SIZES, ...LARGE_SIZES])(
    'are those of rounded factors: %i rows, %i inner, %i columns',
    (rows, inner, columns) => {
      for (const [transposeA, transposeB] of TRANSPOSITIONS) {
        const a = factor(transposeA ? [inner, rows] : [rows, inner], 1);
        const b = secondFactor(precision, transposeB ? [columns, inner] : [inner, columns], 2);
        const received = multiply(a, b, transposeA, transposeB);
        expect(received).toBeCloseToTensor(expected(a, b, transposeA, transposeB), closeness(inner));
      }
    },
  );

  it('are computed in wide tiles where k is long', () => {
    const [a, b] = [factor([130, 1030], 18), secondFactor(precision, [300, 1030], 19)];
    expect(multiply(a, b, false, true)).toBeCloseToTensor(expected(a, b, false, true), closeness(1030));
  });

  it('have the same bits every time', () => {
    const [a, b] = [factor([20, 2100], 16), secondFactor(precision, [2100, 33], 17)];
    expect(multiply(a, b)).toBeCloseToTensor(multiply(a, b), tolerance('exact'));
  });

  it('are not those of the factors themselves, which float32 leaves as they are', () => {
    const [a, b] = [factor([33, 100], 3), secondFactor(precision, [100, 50], 4)];
    const [received, exact] = [multiply(a, b), matMul(a, b)];
    expect(received).not.toBeCloseToTensor(exact, closeness(100));
    const ones = fill([100, 50], 1);
    expect(matMul(a, ones)).toBeCloseToTensor(matMul(a.sum(1, true), fill([1, 50], 1)), closeness(100));
  });

  it.each([
    [
      [3, 33, 20],
      [3, 20, 34],
    ],
    [
      [3, 1, 8],
      [3, 8, 7],
    ],
    [
      [2, 130, 24],
      [1, 24, 129],
    ],
    [
      [1, 9, 2100],
      [2, 2100, 16],
    ],
  ])('are batched, and a factor may be shared: %j times %j', (shapeA, shapeB) => {
    const [a, b] = [factor(shapeA, 5), secondFactor(precision, shapeB, 6)];
    expect(multiply(a, b)).toBeCloseToTensor(expected(a, b), closeness(shapeA[2]));
  });

  it.each(ACTIVATIONS)('add the bias and apply %s in float32', (activation) => {
    for (const [rows, inner, columns] of [
      [19, 40, 70],
      [17, 2100, 44],
      [140, 16, 132],
    ]) {
      const [x, weight] = [factor([rows, inner], 7), secondFactor(precision, [columns, inner], 8)];
      const bias = randomTensor([columns], { seed: 9 });
      const received = inPrecision(precision, () => linear(x, weight, bias, { activation }));
      const plain = linear(rounded(precision, x), rounded(precision, weight), bias, { activation });
      expect(received).toBeCloseToTensor(plain, closeness(inner));
    }
  });

  it.each<OneProduct>([
    { m: 34, k: 21, n: 35, rows: [23, 37, 36] },
    { m: 34, k: 21, n: 36, rows: [32, 40, 40] },
    { m: 9, k: 2100, n: 20, rows: [2101, 21, 23] },
    { m: 150, k: 33, n: 250, rows: [33, 251, 253] },
    { m: 150, k: 33, n: 252, rows: [40, 256, 256] },
  ])('keep what goes into the activation, and leave alone what lies between rows: %j', (product) => {
    const { m, k, n, rows } = product;
    const [a, b] = [factor([m, rows[0]], 10), secondFactor(precision, [k, rows[1]], 11)];
    const bias = randomTensor([n], { seed: 12 });
    const part = (x: Tensor, size: [number, number]): Tensor => slice(rounded(precision, x), [0, 0], size);
    const sums = add(matMul(part(a, [m, k]), part(b, [k, n])), bias);
    const between: [number, number][] = [
      [0, 0],
      [0, rows[2] - n],
    ];
    const [c, pre] = inPrecision(precision, () => run(a, b, bias, product, ACTIVATIONS.indexOf('tanh')));
    expect(c).toBeCloseToTensor(tanh(sums).pad(between), closeness(k));
    expect(pre).toBeCloseToTensor(sums.pad(between), closeness(k));
  });

  it.each([
    [30, 40, 50],
    [33, 1100, 61],
    [140, 17, 250],
  ])('keep NaN and infinities to their row and column: %i rows, %i inner, %i columns', (rows, inner, columns) => {
    for (const [transposeA, transposeB] of TRANSPOSITIONS) {
      const shapes = [transposeA ? [inner, rows] : [rows, inner], transposeB ? [columns, inner] : [inner, columns]];
      const [a, b] = shapes.map((shape, i) => {
        const values = factor(shape, 13 + i).dataSync();
        values[values.length - 1] = [NaN, Infinity][i]; // in the last row of a, the last column of b
        return tensor(values, shape);
      });
      if (precision === 'bf16') storeAsBfloat16(b);
      const received = multiply(a, b, transposeA, transposeB);
      expect(received).toBeCloseToTensor(expected(a, b, transposeA, transposeB), closeness(inner));
    }
  });

  it('of nothing are nothing', () => {
    expect(multiply(zeros([5, 0]), zeros([0, 6]))).toBeCloseToTensor(zeros([5, 6]), tolerance('exact'));
    expect(multiply(zeros([0, 6]), secondFactor(precision, [6, 5], 15)).shape).toEqual([0, 5]);
  });
}

describeOnCuda('our own products on tensor cores', () => {
  if (isOwn) describe.each(PRECISIONS)('in %s', products);
  else it.todo('where NABLA_CUBLAS=0 keeps cuBLAS away');
});

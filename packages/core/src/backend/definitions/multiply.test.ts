// SPDX-License-Identifier: Apache-2.0
// Every form of the matrix product against the plain loops: sizes around the tiles, every layout, what is not finite,
// nothing at all.

import {
  type MatrixView,
  type ProductSizes,
  matrixView,
  multiply,
  multiplyPacked,
  multiplyPlainly,
  packColumns,
  packRows,
  product,
} from './multiply.ts';

/** Repeatable numbers between -1 and 1. */
function numbers(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(seed + 1.7 * i));
}

/** A matrix of `rows` x `columns` as the corner of a larger one, which may be its transpose. */
function corner(rows: number, columns: number, transpose: boolean, seed: number): MatrixView {
  const [height, width] = transpose ? [columns, rows] : [rows, columns];
  const stride = width + 2;
  return matrixView(numbers(3 + height * stride, seed), 3, stride, transpose);
}

type Form = (a: MatrixView, b: MatrixView, out: MatrixView, sizes: ProductSizes) => void;

const packed: Form = (a, b, out, sizes) => {
  multiplyPacked(packRows(a, sizes.m, sizes.k), packColumns(b, sizes.n, sizes.k), out, sizes);
};

/** What a form makes of an array of sevens: the elements of the product, and all others as they were. */
function resultOf(form: Form, a: MatrixView, b: MatrixView, sizes: ProductSizes, transposeOut: boolean): Float32Array {
  const stride = (transposeOut ? sizes.m : sizes.n) + 1;
  const values = new Float32Array(2 + (transposeOut ? sizes.n : sizes.m) * stride).fill(7);
  form(a, b, matrixView(values, 2, stride, transposeOut), sizes);
  return values;
}

const layouts = [false, true].flatMap((left) =>
  [false, true].flatMap((right) => [false, true].map((out) => [left, right, out] as const)),
);

/** Sizes m, n, k around the tiles, the limits of the forms and the blocks of columns. */
const sizesToTry: readonly (readonly [number, number, number])[] = [
  ...[1, 2, 3, 4, 5, 7].flatMap((m) => [1, 3, 4, 5, 9].map((n) => [m, n, 6] as const)),
  [8, 40, 40],
  [9, 40, 40],
  [40, 8, 40],
  [40, 9, 40],
  [10, 11, 109], // 11 990 products: in place
  [10, 11, 110], // 12 100: packed
  [31, 33, 1],
  [9, 65, 1100], // two blocks of columns, the last of one column
  [10, 9, 3000], // long sums
];

describe.each([
  ['multiply', multiply],
  ['multiplyPacked', packed],
] as const)('%s', (_, form) => {
  it.each(sizesToTry)('gives the bits of the plain loops for m = %d, n = %d, k = %d in every layout', (m, n, k) => {
    const sizes = { m, n, k };
    for (const [transposeA, transposeB, transposeOut] of layouts) {
      const a = corner(m, k, transposeA, 1);
      const b = corner(k, n, transposeB, 2);
      const expected = resultOf(multiplyPlainly, a, b, sizes, transposeOut);
      expect(resultOf(form, a, b, sizes, transposeOut)).toEqual(expected);
    }
  });

  it.each([5, 32])('keeps NaN and infinities where the formula has them: %d rows', (size) => {
    const a = corner(size, size, false, 3);
    const b = corner(size, size, false, 4);
    const last = (size - 1) * (a.row + a.column);
    a.values[a.start] = NaN;
    a.values[a.start + last] = Infinity;
    b.values[b.start + last] = 0; // Infinity * 0
    b.values[b.start + (size - 1) * b.row] = -Infinity;
    const sizes = { m: size, n: size, k: size };
    const result = resultOf(form, a, b, sizes, false);
    expect(result).toEqual(resultOf(multiplyPlainly, a, b, sizes, false));
    expect(result.filter((value) => Number.isNaN(value)).length).toBe(size + 1); // the first row and the last element
  });

  it('writes nothing for a product without elements, and zeros for sums without terms', () => {
    for (const [m, n] of [
      [0, 5],
      [5, 0],
      [0, 0],
    ]) {
      const result = resultOf(form, corner(m, 4, false, 5), corner(4, n, false, 6), { m, n, k: 4 }, false);
      expect(result).toEqual(new Float32Array(result.length).fill(7));
    }
    const empty = resultOf(form, corner(5, 0, false, 5), corner(0, 6, false, 6), { m: 5, n: 6, k: 0 }, false);
    expect(empty.filter((value) => value === 0).length).toBe(30);
  });
});

it('product puts the result into a new array', () => {
  const [a, b] = [numbers(6, 1), numbers(6, 2)];
  const expected = new Float32Array(4);
  const sizes = { m: 2, n: 2, k: 3 };
  multiplyPlainly(matrixView(a, 0, 3, false), matrixView(b, 0, 2, false), matrixView(expected, 0, 2, false), sizes);
  expect(product(matrixView(a, 0, 3, false), matrixView(b, 0, 2, false), sizes)).toEqual(expected);
});

// SPDX-License-Identifier: Apache-2.0
// The product of two matrices in TypeScript: the plain loops, and the same sums several at a time, in place or over
// packed panels.

/** A matrix inside an array: element (i, j) is `values[start + i * row + j * column]`. */
export interface MatrixView {
  readonly values: Float32Array;
  readonly start: number;
  readonly row: number;
  readonly column: number;
}

/** A row-major matrix at `start` whose rows are `stride` elements apart, or its transpose. */
export function matrixView(values: Float32Array, start: number, stride: number, transpose: boolean): MatrixView {
  return transpose ? { values, start, row: 1, column: stride } : { values, start, row: stride, column: 1 };
}

function transposed({ values, start, row, column }: MatrixView): MatrixView {
  return { values, start, row: column, column: row };
}

/** The sizes of a product: a is `[m, k]`, b `[k, n]`, out `[m, n]`. */
export interface ProductSizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/**
 * Puts the lines (rows of a, columns of b) from number `first` on into a panel of `width` lines, element by element:
 * element p of the r-th to `panel[start + p * width + r]`. Lines beyond the last one are left out: whatever is there,
 * no result is made of it.
 */
export type Pack = (first: number, width: number, panel: Float32Array, start: number) => void;

/**
 * `out[i, j] = sum_p a[i, p] b[p, j]`, in float64 and in the order of p: the definition. Every other form adds up
 * alike.
 */
export function multiplyPlainly(a: MatrixView, b: MatrixView, out: MatrixView, { m, n, k }: ProductSizes): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += a.values[a.start + i * a.row + p * a.column] * b.values[b.start + p * b.row + j * b.column];
      }
      out.values[out.start + i * out.row + j * out.column] = sum;
    }
  }
}

// Below these a product is over before packing has paid: an element that is packed must meet more than THIN lines (at 8
// both forms are equally fast), and tiles overtake rows of four between 16 x 16 x 16 and 24 x 24 x 24.
const THIN = 8;
const SMALL = 12_000;

/** `out = a b`, by whichever form is the fastest for its sizes. All give the same bits. */
export function multiply(a: MatrixView, b: MatrixView, out: MatrixView, sizes: ProductSizes): void {
  const { m, n, k } = sizes;
  if (m > THIN && n > THIN && m * n * k >= SMALL) multiplyPacked(packRows(a, m, k), packColumns(b, n, k), out, sizes);
  else if (n >= m) multiplyInPlace(a, b, out, sizes);
  else multiplyInPlace(transposed(b), transposed(a), transposed(out), { m: n, n: m, k }); // four of the longer side
}

/** The product in a new array, row-major. */
export function product(a: MatrixView, b: MatrixView, sizes: ProductSizes): Float32Array {
  const out = new Float32Array(sizes.m * sizes.n);
  multiply(a, b, matrixView(out, 0, sizes.n, false), sizes);
  return out;
}

/** Four columns at a time: each element of a is read once for them, and their sums do not wait for one another. */
function multiplyInPlace(a: MatrixView, b: MatrixView, out: MatrixView, { m, n, k }: ProductSizes): void {
  const { values: left, column: leftStep } = a;
  const { values: right, row: rightStep, column: next } = b;
  for (let j = 0; j < n; j += 4) {
    const width = Math.min(4, n - j);
    // columns beyond the last are the first one again, and not stored
    const [at1, at2, at3] = [width > 1 ? next : 0, width > 2 ? 2 * next : 0, width > 3 ? 3 * next : 0];
    for (let i = 0; i < m; i++) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let from = a.start + i * a.row;
      let to = b.start + j * next;
      for (let p = 0; p < k; p++, from += leftStep, to += rightStep) {
        const factor = left[from];
        s0 += factor * right[to];
        s1 += factor * right[to + at1];
        s2 += factor * right[to + at2];
        s3 += factor * right[to + at3];
      }
      store(out.values, out.start + i * out.row + j * out.column, out.column, width, s0, s1, s2, s3);
    }
  }
}

function store(
  values: Float32Array,
  at: number,
  step: number,
  width: number,
  s0: number,
  s1: number,
  s2: number,
  s3: number,
): void {
  values[at] = s0;
  if (width > 1) values[at + step] = s1;
  if (width > 2) values[at + 2 * step] = s2;
  if (width > 3) values[at + 3 * step] = s3;
}

// V8 has fifteen registers for numbers on x86-64: twelve sums leave room for two factors and a product. 4 x 4 sums
// spill (an eighth slower); 2 x 4 load six numbers for eight products where this loads seven for twelve.
const TILE_ROWS = 3;
const TILE_COLUMNS = 4;

// A block of packed columns is read once per tile of rows: 256 KiB of it stay in a core's second cache (64 to 512 KiB
// are equally fast). However long k is, a block has so many columns that packing the rows again for each block does not
// count.
const BLOCK_ELEMENTS = 65_536;
const BLOCK_COLUMNS = 64;

/** How to pack the rows of `view [m, k]`. */
export function packRows(view: MatrixView, m: number, k: number): Pack {
  const { values, start: origin, row, column } = view;
  return (first, width, panel, start) => {
    const count = Math.min(width, m - first);
    for (let r = 0; r < count; r++) {
      let from = origin + (first + r) * row;
      let to = start + r;
      for (let p = 0; p < k; p++, from += column, to += width) panel[to] = values[from];
    }
  };
}

/** How to pack the columns of `view [k, n]`. */
export function packColumns(view: MatrixView, n: number, k: number): Pack {
  return packRows(transposed(view), n, k);
}

/**
 * `out = a b` of two factors that may exist only in packed form. A block of columns is packed, then the rows pass by
 * it, one packed panel at a time. k is not divided: a tile's sums stay in registers and float64 to the end, and a
 * longer panel costs little: scalar code adds hardly faster than memory delivers it.
 */
export function multiplyPacked(rowsOf: Pack, columnsOf: Pack, out: MatrixView, { m, n, k }: ProductSizes): void {
  const fitting = Math.max(BLOCK_COLUMNS, Math.floor(BLOCK_ELEMENTS / k / TILE_COLUMNS) * TILE_COLUMNS);
  const block = Math.min(fitting, Math.ceil(n / TILE_COLUMNS) * TILE_COLUMNS);
  const rows = new Float32Array(TILE_ROWS * k);
  const columns = new Float32Array(block * k);
  for (let begin = 0; begin < n; begin += block) {
    const end = Math.min(n, begin + block);
    for (let j = begin; j < end; j += TILE_COLUMNS) columnsOf(j, TILE_COLUMNS, columns, (j - begin) * k);
    for (let i = 0; i < m; i += TILE_ROWS) {
      rowsOf(i, TILE_ROWS, rows, 0);
      const height = Math.min(TILE_ROWS, m - i);
      for (let j = begin; j < end; j += TILE_COLUMNS) {
        const at = out.start + i * out.row + j * out.column;
        multiplyTile(rows, columns, (j - begin) * k, k, out, at, height, Math.min(TILE_COLUMNS, n - j));
      }
    }
  }
}

/** The product of a panel of rows with one of columns, its first `height` x `width` elements stored from `at` on. */
function multiplyTile(
  a: Float32Array,
  b: Float32Array,
  bStart: number,
  k: number,
  out: MatrixView,
  at: number,
  height: number,
  width: number,
): void {
  let [s00, s01, s02, s03] = [0, 0, 0, 0];
  let [s10, s11, s12, s13] = [0, 0, 0, 0];
  let [s20, s21, s22, s23] = [0, 0, 0, 0];
  for (let p = 0, i = 0, j = bStart; p < k; p++, i += TILE_ROWS, j += TILE_COLUMNS) {
    // one by one: this is the hot loop, and destructuring goes through an iterator
    const b0 = b[j];
    const b1 = b[j + 1];
    const b2 = b[j + 2];
    const b3 = b[j + 3];
    const a0 = a[i];
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    const a1 = a[i + 1];
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    const a2 = a[i + 2];
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
  }
  const { values, row, column } = out;
  store(values, at, column, width, s00, s01, s02, s03);
  if (height > 1) store(values, at + row, column, width, s10, s11, s12, s13);
  if (height > 2) store(values, at + 2 * row, column, width, s20, s21, s22, s23);
}

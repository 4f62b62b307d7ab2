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

// Sums of a tile are in memory, and four products are added to each at a time: V8 orders a loop such that all products
// come before the first addition, so that sums in registers are spilled, and wait for each other from one turn to the
// next. Sums in memory wait for nobody. Measured: 4 x 4 is a third faster than 3 x 4 sums in registers, 2 x 4 slower than
// 4 x 4, 4 x 8 and 6 x 4 no faster.
const TILE_ROWS = 4;
const TILE_STEPS = 4;

// A block of packed columns is read once per tile of rows: 256 KiB of it stay in a core's second cache (64 to 512 KiB
// are equally fast). However long k is, a block has so many columns that packing the rows again for each block does not
// count; and so few that the sums of a tile, 16 KiB, stay in the first cache.
const BLOCK_ELEMENTS = 65_536;
const FEWEST_COLUMNS = 64;
const MOST_COLUMNS = 512;

/** How to pack the rows of `view [m, k]`. */
export function packRows(view: MatrixView, m: number, k: number): Pack {
  const { values, start: origin, row, column } = view;
  return (first, width, panel, start) => {
    const count = Math.min(width, m - first);
    const begin = origin + first * row;
    if (row < column) {
      for (let p = 0; p < k; p++) {
        let from = begin + p * column;
        let to = start + p * width;
        for (let r = 0; r < count; r++, from += row, to++) panel[to] = values[from];
      }
      return;
    }
    for (let r = 0; r < count; r++) {
      let from = begin + r * row;
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
 * it, one packed panel at a time. k is not divided: the sums of a tile are float64 to the end.
 */
export function multiplyPacked(rowsOf: Pack, columnsOf: Pack, out: MatrixView, { m, n, k }: ProductSizes): void {
  const depth = Math.ceil(k / TILE_STEPS) * TILE_STEPS; // zeros from k on
  const fitting = Math.min(MOST_COLUMNS, Math.max(FEWEST_COLUMNS, Math.floor(BLOCK_ELEMENTS / depth)));
  const block = Math.min(fitting, n);
  const rows = new Float32Array(TILE_ROWS * depth);
  const columns = new Float32Array(block * depth);
  const sums = new Float64Array(TILE_ROWS * block);
  for (let begin = 0; begin < n; begin += block) {
    const width = Math.min(block, n - begin);
    columnsOf(begin, width, columns, 0);
    columns.fill(0, k * width, depth * width);
    for (let i = 0; i < m; i += TILE_ROWS) {
      rowsOf(i, TILE_ROWS, rows, 0);
      multiplyTile(rows, columns, sums, depth, width);
      storeTile(sums, width, out, out.start + i * out.row + begin * out.column, Math.min(TILE_ROWS, m - i));
    }
  }
}

/** `sums [TILE_ROWS, width] =` a panel of rows times one of `width` columns. */
function multiplyTile(a: Float32Array, b: Float32Array, sums: Float64Array, depth: number, width: number): void {
  sums.fill(0, 0, TILE_ROWS * width);
  for (let p = 0; p < depth; p += TILE_STEPS) {
    // one by one: this is the hot loop, and destructuring goes through an iterator
    const at = p * TILE_ROWS;
    const a00 = a[at];
    const a10 = a[at + 1];
    const a20 = a[at + 2];
    const a30 = a[at + 3];
    const a01 = a[at + 4];
    const a11 = a[at + 5];
    const a21 = a[at + 6];
    const a31 = a[at + 7];
    const a02 = a[at + 8];
    const a12 = a[at + 9];
    const a22 = a[at + 10];
    const a32 = a[at + 11];
    const a03 = a[at + 12];
    const a13 = a[at + 13];
    const a23 = a[at + 14];
    const a33 = a[at + 15];
    const first = p * width;
    for (let j = 0; j < width; j = (j + 1) | 0) {
      // | 0: sums of indices are integers of 32 bits, which V8 need not check then
      const q = (first + j) | 0;
      const b0 = b[q];
      const b1 = b[(q + width) | 0];
      const b2 = b[(q + 2 * width) | 0];
      const b3 = b[(q + 3 * width) | 0];
      sums[j] = sums[j] + a00 * b0 + a01 * b1 + a02 * b2 + a03 * b3;
      const j1 = (j + width) | 0;
      sums[j1] = sums[j1] + a10 * b0 + a11 * b1 + a12 * b2 + a13 * b3;
      const j2 = (j1 + width) | 0;
      sums[j2] = sums[j2] + a20 * b0 + a21 * b1 + a22 * b2 + a23 * b3;
      const j3 = (j2 + width) | 0;
      sums[j3] = sums[j3] + a30 * b0 + a31 * b1 + a32 * b2 + a33 * b3;
    }
  }
}

/** The first `height` rows of the sums, to `out` from `at` on. */
function storeTile(sums: Float64Array, width: number, out: MatrixView, at: number, height: number): void {
  const { values, row, column } = out;
  for (let r = 0; r < height; r++) {
    const to = at + r * row;
    const from = r * width;
    for (let j = 0; j < width; j = (j + 1) | 0) values[(to + j * column) | 0] = sums[(from + j) | 0];
  }
}

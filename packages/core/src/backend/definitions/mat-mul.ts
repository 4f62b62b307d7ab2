// SPDX-License-Identifier: Apache-2.0
// The matrix product in TypeScript: c = a b, in tiles of 4 x 4 held in local variables.

import { checkRank } from '../../check.ts';
import { ShapeError } from '../../errors.ts';
import { broadcastShapes, broadcastStrides, sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { borrowed } from '../js-backend.ts';
import { definition } from '../kernel.ts';

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

const TILE = 4; // 16 sums and 8 elements are as many numbers as an x86-64 or Arm core holds in registers

/** Groups of TILE rows (columns) one after the other, each in the order of k; missing rows are 0. float64: no conversion later. */
function packPanels(view: MatrixView, length: number, depth: number, along: number, across: number): Float64Array {
  const panels = new Float64Array(Math.ceil(length / TILE) * TILE * depth);
  for (let i = 0; i < length; i++) {
    let to = (i - (i % TILE)) * depth + (i % TILE);
    let from = view.start + i * along;
    for (let p = 0; p < depth; p++, to += TILE, from += across) panels[to] = view.values[from];
  }
  return panels;
}

/** `out[start + i * n + j] = sum_p a[i, p] b[p, j]` for a `[m, k]` and b `[k, n]`. */
export function multiply(
  a: MatrixView,
  b: MatrixView,
  out: Float32Array,
  start: number,
  m: number,
  n: number,
  k: number,
): void {
  const rows = packPanels(a, m, k, a.row, a.column);
  const columns = packPanels(b, n, k, b.column, b.row);
  const sums = new Float64Array(TILE * TILE);
  for (let i = 0; i < m; i += TILE) {
    for (let j = 0; j < n; j += TILE) {
      multiplyTile(rows, i * k, columns, j * k, k, sums);
      const height = Math.min(TILE, m - i);
      const width = Math.min(TILE, n - j);
      for (let r = 0; r < height; r++) {
        for (let c = 0; c < width; c++) out[start + (i + r) * n + j + c] = sums[r * TILE + c];
      }
    }
  }
}

function multiplyTile(
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  k: number,
  sums: Float64Array,
): void {
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let p = 0, i = aStart, j = bStart; p < k; p++, i += TILE, j += TILE) {
    // one by one: this is the hot loop, and destructuring goes through an iterator
    const a0 = a[i];
    const a1 = a[i + 1];
    const a2 = a[i + 2];
    const a3 = a[i + 3];
    const b0 = b[j];
    const b1 = b[j + 1];
    const b2 = b[j + 2];
    const b3 = b[j + 3];
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  sums.set([s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33]);
}

export interface MatMulInputs {
  readonly a: TensorInfo; // [...batchA, m, k], or transposed
  readonly b: TensorInfo; // [...batchB, k, n], or transposed
}
export interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The sizes of a batched product. */
export interface MatMulSizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Broadcast batch axes. */
  readonly batch: number[];
}

/** @throws {ShapeError} an operand is no matrix, the inner axes differ, or the batch axes do not broadcast */
export function matMulSizes({ a, b }: MatMulInputs, { transposeA, transposeB }: MatMulAttributes): MatMulSizes {
  checkRank('matMul', 'a', a, 2, Infinity);
  checkRank('matMul', 'b', b, 2, Infinity);
  const [rowsA, columnsA] = a.shape.slice(-2);
  const [rowsB, columnsB] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== inner) {
    const expected = `[..., ${transposeB ? `n, ${k}` : `${k}, n`}]`;
    const hint = `The inner axes must match; a has shape [${a.shape.join(', ')}].`;
    throw new ShapeError({ op: 'matMul', argument: 'b', expected, received: b.shape, hint });
  }
  return { m, n, k, batch: broadcastShapes('matMul', a.shape.slice(0, -2), b.shape.slice(0, -2)) };
}

/** For each product, which matrix of an operand with batch axes `own` it reads. */
function matrixIndices(own: readonly number[], batch: readonly number[]): Int32Array {
  const strides = broadcastStrides(own, batch);
  const indices = new Int32Array(sizeOf(batch));
  for (let i = 0; i < indices.length; i++) {
    let rest = i;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      indices[i] += (rest % batch[axis]) * strides[axis];
      rest = Math.floor(rest / batch[axis]);
    }
  }
  return indices;
}

const batchMatMul = definition<MatMulInputs, MatMulAttributes>('BatchMatMul', (inputs, attributes, backend) => {
  if (inputs.a.dtype !== 'float32' || inputs.b.dtype !== 'float32')
    return borrowed('BatchMatMul', inputs, attributes, backend);
  const { m, n, k, batch } = matMulSizes(inputs, attributes);
  const { transposeA, transposeB } = attributes;
  const [a, b] = [backend.floats(inputs.a), backend.floats(inputs.b)];
  const [indexA, indexB] = [inputs.a, inputs.b].map(({ shape }) => matrixIndices(shape.slice(0, -2), batch));
  const out = new Float32Array(indexA.length * m * n);
  for (let i = 0; i < indexA.length; i++) {
    const left = matrixView(a, indexA[i] * m * k, transposeA ? m : k, transposeA);
    const right = matrixView(b, indexB[i] * k * n, transposeB ? k : n, transposeB);
    multiply(left, right, out, i * m * n, m, n, k);
  }
  return backend.make([...batch, m, n], 'float32', out);
});

export const matMulDefinitions: readonly KernelConfig[] = [batchMatMul];

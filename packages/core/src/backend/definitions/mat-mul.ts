// SPDX-License-Identifier: Apache-2.0
// Batches of matrix products in TypeScript.

import { checkRank } from '../../check.ts';
import { ShapeError } from '../../errors.ts';
import { broadcastShapes, broadcastStrides, sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { borrowed } from '../js-backend.ts';
import { definition } from '../kernel.ts';
import { matrixView, multiply } from './multiply.ts';

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
  const sizes = matMulSizes(inputs, attributes);
  const { m, n, k, batch } = sizes;
  const { transposeA, transposeB } = attributes;
  const [a, b] = [backend.floats(inputs.a), backend.floats(inputs.b)];
  const [indexA, indexB] = [inputs.a, inputs.b].map(({ shape }) => matrixIndices(shape.slice(0, -2), batch));
  const out = new Float32Array(indexA.length * m * n);
  for (let i = 0; i < indexA.length; i++) {
    const left = matrixView(a, indexA[i] * m * k, transposeA ? m : k, transposeA);
    const right = matrixView(b, indexB[i] * k * n, transposeB ? k : n, transposeB);
    multiply(left, right, matrixView(out, i * m * n, n, false), sizes);
  }
  return backend.make([...batch, m, n], 'float32', out);
});

export const matMulDefinitions: readonly KernelConfig[] = [batchMatMul];

// SPDX-License-Identifier: Apache-2.0
// A linear map along one axis in TypeScript; see native/src/kernels/resample.h for the formulas.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { dataError } from '../data-error.ts';
import { definition } from '../kernel.ts';

export interface ResampleInputs {
  readonly x: TensorInfo; // [...outer, length, ...inner]
  readonly indices: TensorInfo; // [outLength, taps], int32
  readonly weights: TensorInfo; // [outLength, taps]
}
export interface ResampleAttributes {
  readonly axis: number;
  /** Of the axis in x. */
  readonly length: number;
}
export interface ResampleGradInputs {
  readonly gradOut: TensorInfo; // [...outer, outLength, ...inner]
  readonly indices: TensorInfo; // [outLength, taps], int32
  readonly weights: TensorInfo; // [outLength, taps]
}

/** The same shape with another length of one axis. */
export function withLength(shape: readonly number[], axis: number, length: number): number[] {
  return shape.map((old, i) => (i === axis ? length : old));
}

/** Calls `visit` with the flat offsets of an element in and out, and its weight, for every tap of every output. */
function forEachTap(
  shape: readonly number[],
  { axis, length }: ResampleAttributes,
  indices: ArrayLike<number>,
  weights: ArrayLike<number>,
  taps: number,
  visit: (from: number, to: number, weight: number) => void,
): void {
  for (let i = 0; i < indices.length; i++) {
    if (indices[i] >= 0 && indices[i] < length) continue;
    throw dataError('resample', 'indices', `from 0 to ${length - 1}`, `${indices[i]} at position ${i}`);
  }
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  const outLength = indices.length / taps;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < indices.length; j++) {
      const from = (o * length + indices[j]) * inner;
      const to = (o * outLength + Math.floor(j / taps)) * inner;
      for (let i = 0; i < inner; i++) visit(from + i, to + i, weights[j]);
    }
  }
}

/** → out `[...outer, outLength, ...inner]` */
const resample = definition<ResampleInputs, ResampleAttributes>(
  'NablaResample',
  ({ x, indices, weights }, attributes, backend) => {
    const [outLength, taps] = indices.shape;
    const input = backend.floats(x);
    const shape = withLength(x.shape, attributes.axis, outLength);
    const out = new Float32Array(sizeOf(shape));
    forEachTap(x.shape, attributes, backend.values(indices), backend.floats(weights), taps, (from, to, weight) => {
      out[to] += weight * input[from];
    });
    return backend.make(shape, 'float32', out);
  },
);

/** → gradX `[...outer, length, ...inner]` */
const resampleGrad = definition<ResampleGradInputs, ResampleAttributes>(
  'NablaResampleGrad',
  ({ gradOut, indices, weights }, attributes, backend) => {
    const grad = backend.floats(gradOut);
    const shape = withLength(gradOut.shape, attributes.axis, attributes.length);
    const gradX = new Float32Array(sizeOf(shape));
    const [, taps] = indices.shape;
    forEachTap(shape, attributes, backend.values(indices), backend.floats(weights), taps, (from, to, weight) => {
      gradX[from] += weight * grad[to];
    });
    return backend.make(shape, 'float32', gradX);
  },
);

export const resampleDefinitions: readonly KernelConfig[] = [resample, resampleGrad];

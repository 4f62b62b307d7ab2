// SPDX-License-Identifier: Apache-2.0
// Linear maps along one axis, given by tables: what padding and resizing are made of.

import type { ResampleAttributes } from '../backend/definitions/resample.ts';
import { type Tensor, gather, mul, reshape, sum, tensor, tidy } from '../tf.ts';
import { defineGradient, runFused } from './run.ts';

/** For each position of the result, as many positions of the input as there are taps, and their weights; both row by row. */
export interface Taps {
  readonly taps: number;
  readonly indices: readonly number[];
  readonly weights: readonly number[];
}

/** A table that copies positions. */
export function copying(indices: readonly number[]): Taps {
  return { taps: 1, indices, weights: indices.map(() => 1) };
}

function tables({ taps, indices, weights }: Taps): { readonly indices: Tensor; readonly weights: Tensor } {
  const shape = [indices.length / taps, taps];
  return { indices: tensor([...indices], shape, 'int32'), weights: tensor([...weights], shape, 'float32') };
}

/** `out[…, j, …] = sum over t of weights[j, t] · x[…, indices[j, t], …]`, the position being that on `axis`. */
export function resample(x: Tensor, axis: number, taps: Taps): Tensor {
  return tidy(() => runFused('NablaResample', { x, ...tables(taps) }, { axis, length: x.shape[axis] }));
}

/** The formula of {@link resample}, op by op. */
export function plainResample(x: Tensor, axis: number, taps: Taps): Tensor {
  const { indices, weights } = tables(taps);
  const [outLength, count] = indices.shape;
  const [outer, inner] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const picked = reshape(gather(x, reshape(indices, [-1]), axis), [...outer, outLength, count, ...inner]);
  const spread = reshape(weights, [outLength, count, ...inner.map(() => 1)]);
  return sum(mul(picked, spread), axis + 1);
}

defineGradient<ResampleAttributes>({
  kernelName: 'NablaResample',
  savedInputs: ['indices', 'weights'],
  constants: ['weights'],
  gradient: (gradOut, [indices, weights], attributes) => ({
    x: runFused('NablaResampleGrad', { gradOut, indices, weights }, attributes),
  }),
});

defineGradient<ResampleAttributes>({
  kernelName: 'NablaResampleGrad',
  savedInputs: ['indices', 'weights'],
  constants: ['weights'],
  gradient: (grad, [indices, weights], attributes) => ({
    gradOut: runFused('NablaResample', { x: grad, indices, weights }, attributes),
  }),
});

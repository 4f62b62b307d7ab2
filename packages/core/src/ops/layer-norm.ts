// SPDX-License-Identifier: Apache-2.0
// Layer normalization: checks, the plain formula, the fused kernel and its gradient.

import { checkFloat, checkNumber, checkOptions, checkRank, checkShape } from '../check.ts';
import { formatShape } from '../errors.ts';
import { type Tensor, add, div, mean, mul, sqrt, square, sub } from '../tf.ts';
import { defineGradient, runFused, runKernel } from './run.ts';

export interface LayerNormOptions {
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
}

/**
 * Normalizes `x` over its last axis, then scales and shifts it:
 * `(x - mean) / sqrt(variance + epsilon) * weight + bias`, variance dividing by N.
 *
 * @param x       `[...batch, features]`, float32
 * @param weight  `[features]`, float32
 * @param bias    `[features]`, float32
 * @param options `epsilon`: added to the variance; default 1e-5
 * @returns       `[...batch, features]`
 * @throws {ShapeError} `x` has no axis or no feature, or `weight` or `bias` is not `[features]`
 * @throws {DTypeError} `x`, `weight` or `bias` is not float32
 * @throws {ArgumentError} `epsilon` is negative or no number, or an unknown option
 * @see Ba, Kiros & Hinton 2016, https://arxiv.org/abs/1607.06450
 * @example
 * layerNorm(tensor2d([[1, 3]]), ones([2]), zeros([2])); // [[-0.999995, 0.999995]]
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, options: LayerNormOptions = {}): Tensor {
  const op = 'layerNorm';
  checkOptions(op, options, ['epsilon']);
  checkFloat(op, { x, weight, bias });
  checkRank(op, 'x', x, 1, Infinity);
  const features = x.shape.slice(-1);
  if (features[0] === 0) checkShape(op, 'x', x, ['...batch', 1], 'There must be at least one feature.');
  const hint = (): string => `It must match the last axis of x, whose shape is ${formatShape(x.shape)}.`;
  checkShape(op, 'weight', weight, features, hint);
  checkShape(op, 'bias', bias, features, hint);
  const { epsilon = 1e-5 } = options;
  checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
  return runFused('NablaLayerNorm', { x, weight, bias }, { epsilon });
}

/** The formula of {@link layerNorm}, op by op. */
export function plainLayerNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { epsilon = 1e-5 }: LayerNormOptions = {},
): Tensor {
  const centred = sub(x, mean(x, -1, true)); // [...batch, features]
  const variance = mean(square(centred), -1, true); // [...batch, 1]
  return add(mul(div(centred, sqrt(add(variance, epsilon))), weight), bias);
}

defineGradient<Required<LayerNormOptions>>({
  kernelName: 'NablaLayerNorm',
  savedInputs: ['x', 'weight'],
  savedOutputs: [false, true, true],
  gradient: (gradOut, [x, weight, mean, inverseDeviation]) => {
    const inputs = { gradOut, x, weight, mean, inverseDeviation };
    const [gradX, gradWeight, gradBias] = runKernel('NablaLayerNormGrad', inputs);
    return { x: gradX, weight: gradWeight, bias: gradBias };
  },
  plain:
    (options) =>
    ({ x, weight, bias }) =>
      plainLayerNorm(x, weight, bias, options),
});

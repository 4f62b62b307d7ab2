// SPDX-License-Identifier: Apache-2.0
// Root mean square normalization: checks, the plain formula, the fused kernel and its gradient.

import { checkFloat, checkNumber, checkOptions, checkRank, checkShape } from '../check.ts';
import { formatShape } from '../errors.ts';
import { type Tensor, add, div, mean, mul, sqrt, square } from '../tf.ts';
import { defineGradient, runFused, runKernel } from './run.ts';

export interface RmsNormOptions {
  /** Added to the mean of the squares; default 1e-6. */
  epsilon?: number;
}

/**
 * Divides `x` by its root mean square over the last axis, then scales it:
 * `x / sqrt(mean(x^2) + epsilon) * weight`. Unlike {@link layerNorm} it subtracts no mean and adds no bias.
 *
 * @param x       `[...batch, features]`, float32
 * @param weight  `[features]`, float32
 * @param options `epsilon`: added to the mean of the squares; default 1e-6 as in Llama (PyTorch's default is 2^-23)
 * @returns       `[...batch, features]`
 * @throws {ShapeError} `x` has no axis or no feature, or `weight` is not `[features]`
 * @throws {DTypeError} `x` or `weight` is not float32
 * @throws {ArgumentError} `epsilon` is negative or no number, or an unknown option
 * @see Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467
 * @example
 * rmsNorm(tensor2d([[1, 7]]), ones([2])); // [[0.2, 1.4]]
 */
export function rmsNorm(x: Tensor, weight: Tensor, options: RmsNormOptions = {}): Tensor {
  const op = 'rmsNorm';
  checkOptions(op, options, ['epsilon']);
  checkFloat(op, { x, weight });
  checkRank(op, 'x', x, 1, Infinity);
  const features = x.shape.slice(-1);
  if (features[0] === 0) checkShape(op, 'x', x, ['...batch', 1], 'There must be at least one feature.');
  checkShape(
    op,
    'weight',
    weight,
    features,
    `It must match the last axis of x, whose shape is ${formatShape(x.shape)}.`,
  );
  const { epsilon = 1e-6 } = options;
  checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
  return runFused('NablaRmsNorm', { x, weight }, { epsilon });
}

/** The formula of {@link rmsNorm}, op by op. */
export function plainRmsNorm(x: Tensor, weight: Tensor, { epsilon = 1e-6 }: RmsNormOptions = {}): Tensor {
  const meanSquare = mean(square(x), -1, true); // [...batch, 1]
  return mul(div(x, sqrt(add(meanSquare, epsilon))), weight);
}

defineGradient<Required<RmsNormOptions>>({
  kernelName: 'NablaRmsNorm',
  savedInputs: ['x', 'weight'],
  savedOutputs: [false, true],
  gradient: (gradOut, [x, weight, inverseRms]) => {
    const [gradX, gradWeight] = runKernel('NablaRmsNormGrad', { gradOut, x, weight, inverseRms });
    return { x: gradX, weight: gradWeight };
  },
  plain:
    (options) =>
    ({ x, weight }) =>
      plainRmsNorm(x, weight, options),
});

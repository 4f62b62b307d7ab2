// SPDX-License-Identifier: Apache-2.0
// The factor by which a nonlinearity shrinks the standard deviation of what passes it, to be made up for by the weights.

import { checkOneOf } from '../check.ts';

/** Nonlinearities with a known gain. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** Each takes the slope of `leakyRelu` for negative inputs. */
const GAINS: Readonly<Record<Nonlinearity, (negativeSlope: number) => number>> = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (negativeSlope) => Math.sqrt(2 / (1 + negativeSlope ** 2)),
  selu: () => 3 / 4,
};

/**
 * The recommended gain: 1 for `linear` and `sigmoid`, 5/3 for `tanh`, `sqrt(2)` for `relu`,
 * `sqrt(2 / (1 + negativeSlope^2))` for `leakyRelu`, 3/4 for `selu`.
 *
 * @param negativeSlope  of `leakyRelu`; default 0.01
 * @throws {ArgumentError} an unknown nonlinearity
 * @see PyTorch, https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain
 * @example
 * calculateGain('leakyRelu', 1); // 1
 */
export function calculateGain(nonlinearity: Nonlinearity, negativeSlope = 0.01): number {
  checkOneOf('calculateGain', 'nonlinearity', nonlinearity, Object.keys(GAINS));
  return GAINS[nonlinearity](negativeSlope);
}

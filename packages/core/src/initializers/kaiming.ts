// SPDX-License-Identifier: Apache-2.0
// Weights that keep the variance through layers with rectifiers, going forward or going back.

import { checkNumber, checkOneOf, checkOptions } from '../check.ts';
import type { Generator } from '../random.ts';
import type { Tensor } from '../tf.ts';
import { computeFans } from './fans.ts';
import { type Nonlinearity, calculateGain } from './gain.ts';

export interface KaimingOptions {
  /** `fanIn` keeps the variance of values, `fanOut` that of gradients; default `fanIn`. */
  readonly mode?: 'fanIn' | 'fanOut';
  /** What follows the weights; default `leakyRelu`. */
  readonly nonlinearity?: Nonlinearity;
  /** Slope of `leakyRelu` for negative inputs; default 0. */
  readonly negativeSlope?: number;
}

/**
 * Uniform numbers in `[-bound, bound)` with `bound = gain * sqrt(3 / fan)`, where `fan` is chosen by `mode` and `gain` follows
 * from the nonlinearity as {@link calculateGain} says.
 *
 * @param shape `[outputs, inputs, ...kernel]`
 * @throws {ShapeError} fewer than two axes (code `RANK`)
 * @see He, Zhang, Ren & Sun 2015, https://arxiv.org/abs/1502.01852; PyTorch, torch.nn.init.kaiming_uniform_
 */
export function kaimingUniform(shape: readonly number[], generator: Generator, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingDeviation('kaimingUniform', shape, options);
  return generator.uniform(shape, -bound, bound);
}

/**
 * Normally distributed numbers with mean 0 and standard deviation `gain / sqrt(fan)`, with `fan` and `gain` as in
 * {@link kaimingUniform}.
 *
 * @param shape `[outputs, inputs, ...kernel]`
 * @throws {ShapeError} fewer than two axes (code `RANK`)
 * @see He, Zhang, Ren & Sun 2015, https://arxiv.org/abs/1502.01852; PyTorch, torch.nn.init.kaiming_normal_
 */
export function kaimingNormal(shape: readonly number[], generator: Generator, options: KaimingOptions = {}): Tensor {
  return generator.normal(shape, 0, kaimingDeviation('kaimingNormal', shape, options));
}

function kaimingDeviation(op: string, shape: readonly number[], options: KaimingOptions): number {
  checkOptions(op, options, ['mode', 'nonlinearity', 'negativeSlope']);
  const { mode = 'fanIn', nonlinearity = 'leakyRelu', negativeSlope = 0 } = options;
  checkOneOf(op, 'mode', mode, ['fanIn', 'fanOut']);
  checkNumber(op, 'negativeSlope', negativeSlope);
  const fan = computeFans(op, shape)[mode];
  return calculateGain(nonlinearity, negativeSlope) / Math.sqrt(Math.max(1, fan)); // at least 1: there may be no elements
}

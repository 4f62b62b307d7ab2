// SPDX-License-Identifier: Apache-2.0
// Weights that keep the variance of values going forward and of gradients going back, halfway between the two.

import { checkNumber, checkOptions } from '../check.ts';
import type { Generator } from '../random.ts';
import type { Tensor } from '../tf.ts';
import { computeFans } from './fans.ts';

export interface XavierOptions {
  /** Factor for the nonlinearity that follows, see {@link calculateGain}; default 1. */
  readonly gain?: number;
}

/**
 * Uniform numbers in `[-bound, bound)` with `bound = gain * sqrt(6 / (fanIn + fanOut))`.
 *
 * @param shape `[outputs, inputs, ...kernel]`
 * @throws {ShapeError} fewer than two axes (code `RANK`)
 * @see Glorot & Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html; PyTorch, torch.nn.init.xavier_uniform_
 */
export function xavierUniform(shape: readonly number[], generator: Generator, options: XavierOptions = {}): Tensor {
  const bound = Math.sqrt(3) * xavierDeviation('xavierUniform', shape, options);
  return generator.uniform(shape, -bound, bound);
}

/**
 * Normally distributed numbers with mean 0 and standard deviation `gain * sqrt(2 / (fanIn + fanOut))`.
 *
 * @param shape `[outputs, inputs, ...kernel]`
 * @throws {ShapeError} fewer than two axes (code `RANK`)
 * @see Glorot & Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html; PyTorch, torch.nn.init.xavier_normal_
 */
export function xavierNormal(shape: readonly number[], generator: Generator, options: XavierOptions = {}): Tensor {
  return generator.normal(shape, 0, xavierDeviation('xavierNormal', shape, options));
}

function xavierDeviation(op: string, shape: readonly number[], options: XavierOptions): number {
  checkOptions(op, options, ['gain']);
  const { gain = 1 } = options;
  checkNumber(op, 'gain', gain, { minimum: 0 });
  const { fanIn, fanOut } = computeFans(op, shape);
  return gain * Math.sqrt(2 / Math.max(1, fanIn + fanOut)); // at least 1: a shape without elements has no fans
}

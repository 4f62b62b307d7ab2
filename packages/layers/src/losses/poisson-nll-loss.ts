// SPDX-License-Identifier: Apache-2.0
// The cost of predicting how often something happens.

import {
  type Tensor,
  add,
  checkBoolean,
  checkNumber,
  exp,
  greater,
  log,
  mul,
  noGrad,
  onesLike,
  sub,
  where,
  zerosLike,
} from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, checkAlike, checkLossOptions, reduceLoss } from './reduction.ts';

export interface PoissonNLLLossOptions extends LossOptions {
  /** Whether the prediction is the logarithm of the rate, and not the rate; default true. */
  logInput?: boolean;
  /** Whether Stirling's approximation of `log(target!)` is added for targets above 1; default false. */
  full?: boolean;
  /** Added to a rate whose logarithm is taken; default 1e-8. */
  epsilon?: number;
}

function checkPoissonOptions(op: string, options: PoissonNLLLossOptions): Required<PoissonNLLLossOptions> {
  const reduction = checkLossOptions(op, options, ['logInput', 'full', 'epsilon']);
  const { logInput = true, full = false, epsilon = 1e-8 } = options;
  checkBoolean(op, 'logInput', logInput);
  checkBoolean(op, 'full', full);
  checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
  return { reduction, logInput, full, epsilon };
}

/**
 * `exp(prediction) - target · prediction`, or without `logInput` `prediction - target · log(prediction + epsilon)`: the
 * negative logarithm of the Poisson probability of the target but for `log(target!)`; averaged over all elements.
 *
 * @param prediction any shape, float32
 * @param target     the same shape, float32: counts
 * @returns          a scalar, or with reduction `none` the shape of `prediction`
 * @throws {ShapeError} the shapes differ
 * @example
 * poissonNllLoss(tensor1d([0, 0]), tensor1d([1, 3])); // 1
 */
export function poissonNllLoss(prediction: Tensor, target: Tensor, options: PoissonNLLLossOptions = {}): Tensor {
  const { reduction, logInput, full, epsilon } = checkPoissonOptions('poissonNllLoss', options);
  checkAlike('poissonNllLoss', { prediction }, { target });
  const losses = logInput
    ? sub(exp(prediction), mul(target, prediction))
    : sub(prediction, mul(target, log(add(prediction, epsilon))));
  return reduceLoss(full ? add(losses, logFactorial(target)) : losses, reduction);
}

/** Stirling: `x · log(x) - x + log(2πx) / 2`, and 0 up to 1. */
function logFactorial(x: Tensor): Tensor {
  const large = noGrad(() => greater(x, 1)); // a comparison has no gradient
  const safe = where(large, x, onesLike(x));
  const value = add(sub(mul(safe, log(safe)), safe), mul(log(mul(safe, 2 * Math.PI)), 0.5));
  return where(large, value, zerosLike(x));
}

/** {@link poissonNllLoss} as a module. */
export class PoissonNLLLoss extends Module {
  readonly options: Readonly<PoissonNLLLossOptions>;

  constructor(options: PoissonNLLLossOptions = {}) {
    super();
    this.options = checkPoissonOptions('PoissonNLLLoss', options);
  }

  override forward(prediction: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(prediction, target, this.options);
  }
}

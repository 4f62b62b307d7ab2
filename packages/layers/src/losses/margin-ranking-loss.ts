// SPDX-License-Identifier: Apache-2.0
// The cost of ranking two scores the wrong way round.

import { type Tensor, add, checkNumber, mul, relu, sub } from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, checkAlike, checkLossOptions, reduceLoss } from './reduction.ts';
import { checkSigns } from './signs.ts';

export interface MarginRankingLossOptions extends LossOptions {
  /** How far the scores must be apart to cost nothing; default 0. */
  margin?: number;
}

function checkMarginRankingOptions(op: string, options: MarginRankingLossOptions): Required<MarginRankingLossOptions> {
  const reduction = checkLossOptions(op, options, ['margin']);
  const { margin = 0 } = options;
  checkNumber(op, 'margin', margin);
  return { reduction, margin };
}

/**
 * `max(0, -target · (a - b) + margin)`, averaged over all elements: target 1 asks for a above b, -1 for b above a.
 *
 * @param a      any shape, float32
 * @param b      the same shape, float32
 * @param target the same shape, 1 or -1, float32 or int32
 * @returns      a scalar, or with reduction `none` the shape of `a`
 * @throws {ShapeError} the shapes differ
 * @example
 * marginRankingLoss(tensor1d([1, 2]), tensor1d([3, 3]), tensor1d([1, -1])); // 1
 */
export function marginRankingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options: MarginRankingLossOptions = {},
): Tensor {
  const { reduction, margin } = checkMarginRankingOptions('marginRankingLoss', options);
  checkAlike('marginRankingLoss', { a }, { b });
  const signs = checkSigns('marginRankingLoss', target, a.shape);
  return reduceLoss(relu(add(mul(signs, sub(b, a)), margin)), reduction);
}

/** {@link marginRankingLoss} as a module. */
export class MarginRankingLoss extends Module {
  readonly options: Readonly<MarginRankingLossOptions>;

  constructor(options: MarginRankingLossOptions = {}) {
    super();
    this.options = checkMarginRankingOptions('MarginRankingLoss', options);
  }

  override forward(a: Tensor, b: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(a, b, target, this.options);
  }
}

// SPDX-License-Identifier: Apache-2.0
// The cost of an anchor that is not nearer to its like than to something else.

import { type Tensor, add, checkNumber, relu, sub } from '@nabla/core';

import { pairwiseDistance } from '../distances.ts';
import { Module } from '../module.ts';
import { type LossOptions, checkAlike, checkLossOptions, reduceLoss } from './reduction.ts';

export interface TripletMarginLossOptions extends LossOptions {
  /** How much nearer the positive must be to cost nothing; default 1. */
  margin?: number;
  /** Which norm measures the distance, at least 1; default 2. */
  p?: number;
  /** Added to every difference; default 1e-6. */
  epsilon?: number;
}

function checkTripletOptions(op: string, options: TripletMarginLossOptions): Required<TripletMarginLossOptions> {
  const reduction = checkLossOptions(op, options, ['margin', 'p', 'epsilon']);
  const { margin = 1, p = 2, epsilon = 1e-6 } = options;
  checkNumber(op, 'margin', margin, { above: 0 });
  checkNumber(op, 'p', p, { minimum: 1 });
  checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
  return { reduction, margin, p, epsilon };
}

/**
 * `max(0, d(anchor, positive) - d(anchor, negative) + margin)`, averaged over all triplets; d is {@link pairwiseDistance}.
 *
 * @param anchor   `[...batch, features]`, float32
 * @param positive the same shape: of the anchor's kind
 * @param negative the same shape: of another kind
 * @returns        a scalar, or with reduction `none` `[...batch]`
 * @throws {ShapeError} the shapes differ
 * @see Balntas et al. 2016, https://doi.org/10.5244/C.30.119
 * @example
 * tripletMarginLoss(tensor2d([[0, 0]]), tensor2d([[0, 3]]), tensor2d([[4, 0]]), { margin: 2 }); // 1
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginLossOptions = {},
): Tensor {
  const { reduction, margin, p, epsilon } = checkTripletOptions('tripletMarginLoss', options);
  checkAlike('tripletMarginLoss', { anchor }, { positive, negative });
  const near = pairwiseDistance(anchor, positive, { p, epsilon }); // [...batch]
  const far = pairwiseDistance(anchor, negative, { p, epsilon }); // [...batch]
  return reduceLoss(relu(add(sub(near, far), margin)), reduction);
}

/** {@link tripletMarginLoss} as a module. */
export class TripletMarginLoss extends Module {
  readonly options: Readonly<TripletMarginLossOptions>;

  constructor(options: TripletMarginLossOptions = {}) {
    super();
    this.options = checkTripletOptions('TripletMarginLoss', options);
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

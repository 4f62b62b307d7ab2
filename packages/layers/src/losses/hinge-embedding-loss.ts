// SPDX-License-Identifier: Apache-2.0
// The cost of distances that should be small, or large.

import { type Tensor, checkFloat, checkNumber, relu, sub } from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, checkLossOptions, reduceLoss } from './reduction.ts';
import { bySign, checkSigns } from './signs.ts';

export interface HingeEmbeddingLossOptions extends LossOptions {
  /** The distance from which on a pair that does not belong together costs nothing; default 1. */
  margin?: number;
}

function checkHingeOptions(op: string, options: HingeEmbeddingLossOptions): Required<HingeEmbeddingLossOptions> {
  const reduction = checkLossOptions(op, options, ['margin']);
  const { margin = 1 } = options;
  checkNumber(op, 'margin', margin);
  return { reduction, margin };
}

/**
 * `distance` where the target is 1, `max(0, margin - distance)` where it is -1; averaged over all elements.
 *
 * @param distances any shape, float32
 * @param target    the same shape, 1 or -1, float32 or int32
 * @returns         a scalar, or with reduction `none` the shape of `distances`
 * @throws {ShapeError} the shapes differ
 * @example
 * hingeEmbeddingLoss(tensor1d([0.5, 0.25]), tensor1d([1, -1])); // 0.625
 */
export function hingeEmbeddingLoss(distances: Tensor, target: Tensor, options: HingeEmbeddingLossOptions = {}): Tensor {
  const { reduction, margin } = checkHingeOptions('hingeEmbeddingLoss', options);
  checkFloat('hingeEmbeddingLoss', { distances });
  const signs = checkSigns('hingeEmbeddingLoss', target, distances.shape);
  return reduceLoss(bySign(signs, distances, relu(sub(margin, distances))), reduction);
}

/** {@link hingeEmbeddingLoss} as a module. */
export class HingeEmbeddingLoss extends Module {
  readonly options: Readonly<HingeEmbeddingLossOptions>;

  constructor(options: HingeEmbeddingLossOptions = {}) {
    super();
    this.options = checkHingeOptions('HingeEmbeddingLoss', options);
  }

  override forward(distances: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(distances, target, this.options);
  }
}

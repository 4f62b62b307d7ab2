// SPDX-License-Identifier: Apache-2.0
// The cost of predicting yes or no with a given logit.

import { type Tensor, abs, add, checkDtype, checkShape, exp, log1p, mul, neg, relu, sub } from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, type Reduction, checkLossOptions, reduceLoss } from './reduction.ts';

/**
 * `-(target · log σ(logit) + (1 - target) · log(1 - σ(logit)))` in nats, averaged over all elements; computed as
 * `max(logit, 0) - logit · target + log(1 + exp(-|logit|))`, which does not overflow.
 *
 * @param logits  any shape, float32
 * @param targets the same shape, float32 in `[0, 1]`
 * @returns       a scalar, or with reduction `none` the shape of `logits`
 * @throws {ShapeError} the shapes differ
 * @example
 * binaryCrossEntropyWithLogits(tensor1d([0, 0]), tensor1d([1, 0])); // 0.693147
 */
export function binaryCrossEntropyWithLogits(logits: Tensor, targets: Tensor, options: LossOptions = {}): Tensor {
  const reduction = checkLossOptions('binaryCrossEntropyWithLogits', options);
  checkShape('binaryCrossEntropyWithLogits', 'targets', targets, logits.shape, 'It must have the shape of logits.');
  checkDtype('binaryCrossEntropyWithLogits', 'targets', targets, 'float32');
  const linear = sub(relu(logits), mul(logits, targets));
  return reduceLoss(add(linear, log1p(exp(neg(abs(logits))))), reduction);
}

/** {@link binaryCrossEntropyWithLogits} as a module. */
export class BCEWithLogitsLoss extends Module {
  readonly reduction: Reduction;

  constructor(options: LossOptions = {}) {
    super();
    this.reduction = checkLossOptions('BCEWithLogitsLoss', options);
  }

  override forward(logits: Tensor, targets: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(logits, targets, { reduction: this.reduction });
  }
}

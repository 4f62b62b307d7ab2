// SPDX-License-Identifier: Apache-2.0
// The cost of predicting yes or no with a given logit.

import { type Tensor, type Variable, add, elementwiseLoss, mul, neg, softplus, sub } from '@nabla/core';

import { Module } from '../module.ts';
import {
  type LossOptions,
  type Reduction,
  checkAlike,
  checkFactor,
  checkLossOptions,
  keepWeight,
  reduceLoss,
} from './reduction.ts';

export interface BCEWithLogitsLossOptions extends LossOptions {
  /** Factor of each element's loss; broadcasts to their shape. A mean still divides by the number of elements. */
  weight?: Tensor | undefined;
  /** Factor of the loss of yes, above 1 where yes is rare; broadcasts to the shape of the elements, such as `[classes]`. */
  positiveWeight?: Tensor | undefined;
}

const OPTIONS = ['weight', 'positiveWeight'];

/**
 * `-(target · log σ(logit) + (1 - target) · log(1 - σ(logit)))` in nats, averaged over all elements; computed as
 * `max(logit, 0) - logit · target + log(1 + exp(-|logit|))`, which does not overflow. `positiveWeight` multiplies the first
 * term.
 *
 * @param logits  any shape, float32
 * @param targets the same shape, float32 in `[0, 1]`
 * @returns       a scalar, or with reduction `none` the shape of `logits`
 * @throws {ShapeError} the shapes differ, or a weight does not broadcast to them
 * @example
 * binaryCrossEntropyWithLogits(tensor1d([0, 0]), tensor1d([1, 0])); // 0.693147
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  targets: Tensor,
  options: BCEWithLogitsLossOptions = {},
): Tensor {
  const op = 'binaryCrossEntropyWithLogits';
  const reduction = checkLossOptions(op, options, OPTIONS);
  const { weight, positiveWeight } = options;
  checkAlike(op, { logits }, { targets });
  if (weight !== undefined) checkFactor(op, 'weight', weight, logits.shape);
  if (positiveWeight !== undefined) checkFactor(op, 'positiveWeight', positiveWeight, logits.shape);
  if (weight === undefined && positiveWeight === undefined) {
    return elementwiseLoss('logistic', logits, targets, { reduction });
  }
  const losses =
    positiveWeight === undefined
      ? elementwiseLoss('logistic', logits, targets, { reduction: 'none' })
      : weightedLosses(logits, targets, positiveWeight);
  return reduceLoss(weight === undefined ? losses : mul(losses, weight), reduction);
}

/** `(1 - t) · x + (1 + (positiveWeight - 1) · t) · log(1 + e⁻ˣ)`: the weight of yes counts at both ends. */
function weightedLosses(logits: Tensor, targets: Tensor, positiveWeight: Tensor): Tensor {
  const factor = add(mul(sub(positiveWeight, 1), targets), 1);
  return add(mul(sub(1, targets), logits), mul(factor, softplus(neg(logits))));
}

/** {@link binaryCrossEntropyWithLogits} as a module. Its weights are saved under PyTorch's names. */
export class BCEWithLogitsLoss extends Module {
  readonly reduction: Reduction;
  readonly weight: Variable | undefined;
  readonly pos_weight: Variable | undefined;

  constructor(options: BCEWithLogitsLossOptions = {}) {
    super();
    this.reduction = checkLossOptions('BCEWithLogitsLoss', options, OPTIONS);
    this.weight = keepWeight('BCEWithLogitsLoss', 'weight', options.weight);
    this.pos_weight = keepWeight('BCEWithLogitsLoss', 'positiveWeight', options.positiveWeight);
  }

  override forward(logits: Tensor, targets: Tensor): Tensor {
    const { weight, pos_weight: positiveWeight, reduction } = this;
    return binaryCrossEntropyWithLogits(logits, targets, { weight, positiveWeight, reduction });
  }
}

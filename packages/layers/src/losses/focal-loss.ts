// SPDX-License-Identifier: Apache-2.0
// The cost of predicting yes or no, where the easy examples are many and should count little.

import { type Tensor, add, checkNumber, maximum, mul, neg, pow, sigmoid, sub } from '@nabla/core';

import { Module } from '../module.ts';
import { binaryCrossEntropyWithLogits } from './bce-with-logits-loss.ts';
import { type LossOptions, checkAlike, checkLossOptions, reduceLoss } from './reduction.ts';

export interface FocalLossOptions extends LossOptions {
  /** Weight of yes, from 0 to 1; no has `1 - alpha`. `null`: both have 1. Default 0.25. */
  alpha?: number | null;
  /** How little an easy example counts: 0 is the plain cross-entropy. Default 2. */
  gamma?: number;
}

function checkFocalOptions(op: string, options: FocalLossOptions): Required<FocalLossOptions> {
  const reduction = checkLossOptions(op, options, ['alpha', 'gamma']);
  const { alpha = 0.25, gamma = 2 } = options;
  if (alpha !== null) checkNumber(op, 'alpha', alpha, { minimum: 0, maximum: 1 });
  checkNumber(op, 'gamma', gamma, { minimum: 0 });
  return { reduction, alpha, gamma };
}

/**
 * `-α · (1 - q)^gamma · log q`, averaged over all elements, where q = σ(logit) and α = alpha if the target is 1, and
 * q = 1 - σ(logit) and α = 1 - alpha if it is 0. torchvision has the same defaults, but for its reduction, which is `none`.
 *
 * @param logits  any shape, float32
 * @param targets the same shape, float32 in `[0, 1]`
 * @returns       a scalar, or with reduction `none` the shape of `logits`
 * @throws {ShapeError} the shapes differ
 * @see Lin, Goyal, Girshick, He & Dollár 2017, https://arxiv.org/abs/1708.02002
 * @example
 * sigmoidFocalLoss(tensor1d([0, 0]), tensor1d([1, 0])); // 0.0866434
 */
export function sigmoidFocalLoss(logits: Tensor, targets: Tensor, options: FocalLossOptions = {}): Tensor {
  const { reduction, alpha, gamma } = checkFocalOptions('sigmoidFocalLoss', options);
  checkAlike('sigmoidFocalLoss', { logits }, { targets });
  let losses = binaryCrossEntropyWithLogits(logits, targets, { reduction: 'none' });
  if (gamma > 0) losses = mul(losses, pow(maximum(missed(logits, targets), LEAST_MISSED), gamma));
  if (alpha !== null) losses = mul(losses, add(mul(targets, 2 * alpha - 1), 1 - alpha));
  return reduceLoss(losses, reduction);
}

/** Below it, a power with gamma < 1 would have an infinite slope. */
const LEAST_MISSED = 1e-30;

/** 1 - q, exact however near q is to 1: `target · σ(-logit) + (1 - target) · σ(logit)`. */
function missed(logits: Tensor, targets: Tensor): Tensor {
  return add(mul(targets, sigmoid(neg(logits))), mul(sub(1, targets), sigmoid(logits)));
}

/** {@link sigmoidFocalLoss} as a module. */
export class FocalLoss extends Module {
  readonly options: Readonly<FocalLossOptions>;

  constructor(options: FocalLossOptions = {}) {
    super();
    this.options = checkFocalOptions('FocalLoss', options);
  }

  override forward(logits: Tensor, targets: Tensor): Tensor {
    return sigmoidFocalLoss(logits, targets, this.options);
  }
}

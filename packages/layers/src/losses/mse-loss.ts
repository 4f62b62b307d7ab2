// SPDX-License-Identifier: Apache-2.0
// The squared distance between prediction and target.

import { type Tensor, elementwiseLoss } from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, type Reduction, checkAlike, checkLossOptions } from './reduction.ts';

/**
 * `(prediction - target)²`, averaged over all elements.
 *
 * @param prediction any shape, float32
 * @param target     the same shape, float32
 * @returns          a scalar, or with reduction `none` the shape of `prediction`
 * @throws {ShapeError} the shapes differ
 * @example
 * mseLoss(tensor1d([1, 2]), tensor1d([1, 4])); // 2
 */
export function mseLoss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const reduction = checkLossOptions('mseLoss', options);
  checkAlike('mseLoss', { prediction }, { target });
  return elementwiseLoss('squared', prediction, target, { reduction });
}

/** {@link mseLoss} as a module. */
export class MSELoss extends Module {
  readonly reduction: Reduction;

  constructor(options: LossOptions = {}) {
    super();
    this.reduction = checkLossOptions('MSELoss', options);
  }

  override forward(prediction: Tensor, target: Tensor): Tensor {
    return mseLoss(prediction, target, { reduction: this.reduction });
  }
}

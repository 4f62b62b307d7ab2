// SPDX-License-Identifier: Apache-2.0
// The absolute distance between prediction and target.

import { type Tensor, elementwiseLoss } from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, type Reduction, checkAlike, checkLossOptions } from './reduction.ts';

/**
 * `|prediction - target|`, averaged over all elements. Its gradient is 0 where both are equal.
 *
 * @param prediction any shape, float32
 * @param target     the same shape, float32
 * @returns          a scalar, or with reduction `none` the shape of `prediction`
 * @throws {ShapeError} the shapes differ
 * @example
 * l1Loss(tensor1d([1, 2]), tensor1d([1, 4])); // 1
 */
export function l1Loss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const reduction = checkLossOptions('l1Loss', options);
  checkAlike('l1Loss', { prediction }, { target });
  return elementwiseLoss('absolute', prediction, target, { reduction });
}

/** {@link l1Loss} as a module. */
export class L1Loss extends Module {
  readonly reduction: Reduction;

  constructor(options: LossOptions = {}) {
    super();
    this.reduction = checkLossOptions('L1Loss', options);
  }

  override forward(prediction: Tensor, target: Tensor): Tensor {
    return l1Loss(prediction, target, { reduction: this.reduction });
  }
}

// SPDX-License-Identifier: Apache-2.0
// A distance that is squared near the target and absolute far from it, so that outliers do not rule.

import { type Tensor, checkNumber, elementwiseLoss } from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, checkAlike, checkLossOptions } from './reduction.ts';

export interface HuberLossOptions extends LossOptions {
  /** Where the square ends; default 1. */
  delta?: number;
}

function checkHuberOptions(op: string, options: HuberLossOptions): Required<HuberLossOptions> {
  const reduction = checkLossOptions(op, options, ['delta']);
  const { delta = 1 } = options;
  checkNumber(op, 'delta', delta, { above: 0 });
  return { reduction, delta };
}

/**
 * `d² / 2` where |d| <= delta, else `delta · (|d| - delta / 2)`, with d = prediction - target; averaged over all elements.
 *
 * @param prediction any shape, float32
 * @param target     the same shape, float32
 * @returns          a scalar, or with reduction `none` the shape of `prediction`
 * @throws {ShapeError} the shapes differ
 * @see Huber 1964, https://doi.org/10.1214/aoms/1177703732
 * @example
 * huberLoss(tensor1d([1, 2]), tensor1d([1, 4])); // 0.75
 */
export function huberLoss(prediction: Tensor, target: Tensor, options: HuberLossOptions = {}): Tensor {
  const { reduction, delta } = checkHuberOptions('huberLoss', options);
  checkAlike('huberLoss', { prediction }, { target });
  return elementwiseLoss('huber', prediction, target, { reduction, delta });
}

/** {@link huberLoss} as a module. */
export class HuberLoss extends Module {
  readonly options: Readonly<HuberLossOptions>;

  constructor(options: HuberLossOptions = {}) {
    super();
    this.options = checkHuberOptions('HuberLoss', options);
  }

  override forward(prediction: Tensor, target: Tensor): Tensor {
    return huberLoss(prediction, target, this.options);
  }
}

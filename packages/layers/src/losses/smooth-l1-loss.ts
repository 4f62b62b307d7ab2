// SPDX-License-Identifier: Apache-2.0
// An absolute distance whose corner at the target is rounded.

import { type Tensor, checkNumber, elementwiseLoss, mul } from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, checkAlike, checkLossOptions } from './reduction.ts';

export interface SmoothL1LossOptions extends LossOptions {
  /** Where the rounding ends; 0: there is none. Default 1. */
  beta?: number;
}

function checkSmoothL1Options(op: string, options: SmoothL1LossOptions): Required<SmoothL1LossOptions> {
  const reduction = checkLossOptions(op, options, ['beta']);
  const { beta = 1 } = options;
  checkNumber(op, 'beta', beta, { minimum: 0 });
  return { reduction, beta };
}

/**
 * `d² / (2 · beta)` where |d| < beta, else `|d| - beta / 2`, with d = prediction - target; averaged over all elements. It is
 * the Huber loss with delta = beta, divided by beta.
 *
 * @param prediction any shape, float32
 * @param target     the same shape, float32
 * @returns          a scalar, or with reduction `none` the shape of `prediction`
 * @throws {ShapeError} the shapes differ
 * @see Girshick 2015, https://arxiv.org/abs/1504.08083
 * @example
 * smoothL1Loss(tensor1d([1, 2]), tensor1d([1, 4])); // 0.75
 */
export function smoothL1Loss(prediction: Tensor, target: Tensor, options: SmoothL1LossOptions = {}): Tensor {
  const { reduction, beta } = checkSmoothL1Options('smoothL1Loss', options);
  checkAlike('smoothL1Loss', { prediction }, { target });
  if (beta === 0) return elementwiseLoss('absolute', prediction, target, { reduction });
  return mul(elementwiseLoss('huber', prediction, target, { reduction, delta: beta }), 1 / beta);
}

/** {@link smoothL1Loss} as a module. */
export class SmoothL1Loss extends Module {
  readonly options: Readonly<SmoothL1LossOptions>;

  constructor(options: SmoothL1LossOptions = {}) {
    super();
    this.options = checkSmoothL1Options('SmoothL1Loss', options);
  }

  override forward(prediction: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(prediction, target, this.options);
  }
}

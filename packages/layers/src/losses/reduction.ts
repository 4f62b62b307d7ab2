// SPDX-License-Identifier: Apache-2.0
// What all losses share: how many losses become one.

import { type Tensor, checkOneOf, checkOptions, mean, sum } from '@nabla/core';

/** How a loss over many elements becomes one number; `none` keeps them. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  /** Default `mean`. */
  reduction?: Reduction;
}

/** @throws {ArgumentError} an unknown option or reduction */
export function checkLossOptions(op: string, options: LossOptions): Reduction {
  checkOptions(op, options, ['reduction']);
  const { reduction = 'mean' } = options;
  checkOneOf(op, 'reduction', reduction, ['mean', 'sum', 'none']);
  return reduction;
}

export function reduceLoss(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'mean' ? mean(losses) : sum(losses);
}

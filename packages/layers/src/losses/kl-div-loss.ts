// SPDX-License-Identifier: Apache-2.0
// How far a predicted distribution is from a given one.

import {
  type Tensor,
  checkBoolean,
  checkOneOf,
  checkOptions,
  checkRank,
  div,
  equal,
  exp,
  log,
  mul,
  noGrad,
  onesLike,
  sub,
  sum,
  where,
} from '@nabla/core';

import { Module } from '../module.ts';
import { type Reduction, checkAlike, reduceLoss } from './reduction.ts';

export interface KLDivLossOptions {
  /** `batchMean` divides the sum by the length of the first axis: the divergence itself. Default `mean`, over all elements. */
  reduction?: Reduction | 'batchMean';
  /** Whether `target` holds logarithms too; default false. */
  logTarget?: boolean;
}

function checkKLDivOptions(op: string, options: KLDivLossOptions): Required<KLDivLossOptions> {
  checkOptions(op, options, ['reduction', 'logTarget']);
  const { reduction = 'mean', logTarget = false } = options;
  checkOneOf(op, 'reduction', reduction, ['mean', 'sum', 'none', 'batchMean']);
  checkBoolean(op, 'logTarget', logTarget);
  return { reduction, logTarget };
}

/**
 * `target · (log(target) - logPrediction)`, 0 · log 0 being 0; averaged over all elements. With reduction `batchMean` it is the
 * Kullback-Leibler divergence of the prediction from the target, in nats.
 *
 * @param logPrediction `[batch, ...]`, float32: logarithms of probabilities
 * @param target        the same shape, float32: probabilities, or with `logTarget` their logarithms
 * @returns             a scalar, or with reduction `none` the shape of `logPrediction`
 * @throws {ShapeError} the shapes differ, or there is no batch axis for `batchMean`
 * @see Kullback & Leibler 1951, https://doi.org/10.1214/aoms/1177729694
 * @example
 * klDivLoss(tensor2d([[-1, -1]]), tensor2d([[1, 0]]), { reduction: 'batchMean' }); // 1
 */
export function klDivLoss(logPrediction: Tensor, target: Tensor, options: KLDivLossOptions = {}): Tensor {
  const { reduction, logTarget } = checkKLDivOptions('klDivLoss', options);
  checkAlike('klDivLoss', { logPrediction }, { target });
  const losses = logTarget
    ? mul(exp(target), sub(target, logPrediction))
    : sub(timesLog(target), mul(target, logPrediction));
  if (reduction !== 'batchMean') return reduceLoss(losses, reduction);
  checkRank('klDivLoss', 'logPrediction', logPrediction, 1, Infinity);
  return div(sum(losses), logPrediction.shape[0] ?? 1);
}

/** `x · log(x)`, 0 at 0. */
function timesLog(x: Tensor): Tensor {
  const zero = noGrad(() => equal(x, 0)); // a comparison has no gradient
  return mul(x, log(where(zero, onesLike(x), x)));
}

/** {@link klDivLoss} as a module. */
export class KLDivLoss extends Module {
  readonly options: Readonly<KLDivLossOptions>;

  constructor(options: KLDivLossOptions = {}) {
    super();
    this.options = checkKLDivOptions('KLDivLoss', options);
  }

  override forward(logPrediction: Tensor, target: Tensor): Tensor {
    return klDivLoss(logPrediction, target, this.options);
  }
}

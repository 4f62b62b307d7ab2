// SPDX-License-Identifier: Apache-2.0
// Half cosines down, each followed by a jump back to the peak.

import { checkInteger, checkNumber, checkOptions } from '@nabla/core';

import type { Schedule } from './schedule.ts';

export interface CosineRestartsOptions {
  /** The highest learning rate. */
  peak: number;
  /** Steps of the first fall. */
  firstPeriod: number;
  /** How many times as long each fall is as the one before; default 1. */
  periodFactor?: number;
  /** The lowest learning rate; default 0. */
  minimum?: number;
}

/**
 * `minimum + (peak - minimum) · (1 + cos(π t / T)) / 2`, t being the steps since the last restart and T those of the present fall:
 * PyTorch's CosineAnnealingWarmRestarts.
 *
 * @throws {ArgumentError} an option is unknown or out of range
 * @see Loshchilov & Hutter 2016, https://arxiv.org/abs/1608.03983
 * @example
 * [0, 5, 10, 20].map(cosineRestarts({ peak: 1, firstPeriod: 10, periodFactor: 2 })); // [1, 0.5, 1, 0.5]
 */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  const op = 'cosineRestarts';
  checkOptions(op, options, ['periodFactor', 'minimum'], ['peak', 'firstPeriod']);
  const { peak, firstPeriod, periodFactor = 1, minimum = 0 } = options;
  checkNumber(op, 'peak', peak, { minimum: 0 });
  checkInteger(op, 'firstPeriod', firstPeriod, { minimum: 1 });
  checkInteger(op, 'periodFactor', periodFactor, { minimum: 1 });
  checkNumber(op, 'minimum', minimum, { minimum: 0, maximum: peak });
  return (step) => {
    let [since, period] = [step, firstPeriod];
    if (periodFactor === 1) since %= period;
    for (; since >= period; period *= periodFactor) since -= period;
    return minimum + ((peak - minimum) * (1 + Math.cos((Math.PI * since) / period))) / 2;
  };
}

// SPDX-License-Identifier: Apache-2.0
// An average of weights that forgets the old ones.

import { type Variable, checkNumber, checkOptions } from '@nabla/core';

import { WeightAverage } from './weight-average.ts';

export interface ExponentialMovingAverageOptions {
  /** β: how slowly the average forgets; default 0.999. */
  decay?: number;
}

/**
 * `average ← β average + (1 - β) weights` after each step of the optimizer; the first time `average ← weights`. PyTorch's
 * AveragedModel with get_ema_multi_avg_fn.
 *
 * @throws {ArgumentError} `decay` is not within [0, 1), or an option is unknown
 * @see Polyak & Juditsky 1992, https://doi.org/10.1137/0330046
 * @example
 * const w = parameter(tensor1d([1]));
 * const average = new ExponentialMovingAverage([w], { decay: 0.5 });
 * average.update();
 * w.assign(tensor1d([3]));
 * average.update();
 * average.use(() => w.dataSync()[0]); // 2
 */
export class ExponentialMovingAverage extends WeightAverage {
  private readonly beta: number;

  constructor(parameters: readonly Variable[], options: ExponentialMovingAverageOptions = {}) {
    checkOptions('ExponentialMovingAverage', options, ['decay']);
    const { decay = 0.999 } = options;
    checkNumber('ExponentialMovingAverage', 'decay', decay, { minimum: 0, below: 1 });
    super(parameters);
    this.beta = decay;
  }

  protected override decay(updates: number): number {
    return updates === 0 ? 0 : this.beta;
  }
}

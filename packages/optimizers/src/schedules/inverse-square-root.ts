// SPDX-License-Identifier: Apache-2.0
// A linear rise, then a fall with the root of the step.

import { checkInteger, checkNumber, checkOptions } from '@nabla/core';

import type { Schedule } from './schedule.ts';

export interface InverseSquareRootOptions {
  /** The highest learning rate, at the end of the rise. */
  peak: number;
  /** Steps of the rise. */
  warmupSteps: number;
}

/**
 * `peak · min((step + 1) / warmupSteps, sqrt(warmupSteps / (step + 1)))`: the schedule of the first transformer, whose peak is
 * `1 / sqrt(width · warmupSteps)`.
 *
 * @throws {ArgumentError} an option is unknown or out of range
 * @see Vaswani et al. 2017, section 5.3, https://arxiv.org/abs/1706.03762
 * @example
 * [0, 3, 15].map(inverseSquareRoot({ peak: 1, warmupSteps: 4 })); // [0.25, 1, 0.5]
 */
export function inverseSquareRoot(options: InverseSquareRootOptions): Schedule {
  checkOptions('inverseSquareRoot', options, [], ['peak', 'warmupSteps']);
  const { peak, warmupSteps } = options;
  checkNumber('inverseSquareRoot', 'peak', peak, { minimum: 0 });
  checkInteger('inverseSquareRoot', 'warmupSteps', warmupSteps, { minimum: 1 });
  return (step) => peak * Math.min((step + 1) / warmupSteps, Math.sqrt(warmupSteps / (step + 1)));
}

// SPDX-License-Identifier: Apache-2.0
// A learning rate that falls by a factor at every step.

import { checkNumber, checkOptions } from '@nabla/core';

import type { Schedule } from './schedule.ts';

export interface ExponentialDecayOptions {
  /** The first learning rate. */
  start: number;
  /** What each step multiplies by. */
  factor: number;
}

/**
 * `start · factor^step`, PyTorch's ExponentialLR.
 *
 * @throws {ArgumentError} an option is unknown or out of range
 * @example
 * exponentialDecay({ start: 1, factor: 0.5 })(3); // 0.125
 */
export function exponentialDecay(options: ExponentialDecayOptions): Schedule {
  checkOptions('exponentialDecay', options, [], ['start', 'factor']);
  const { start, factor } = options;
  checkNumber('exponentialDecay', 'start', start, { minimum: 0 });
  checkNumber('exponentialDecay', 'factor', factor, { minimum: 0 });
  return (step) => start * factor ** step;
}

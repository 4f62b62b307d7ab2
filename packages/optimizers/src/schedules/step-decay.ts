// SPDX-License-Identifier: Apache-2.0
// A learning rate that falls by a factor every so many steps.

import { checkInteger, checkNumber, checkOptions } from '@nabla/core';

import type { Schedule } from './schedule.ts';

export interface StepDecayOptions {
  /** The first learning rate. */
  start: number;
  /** Steps between two falls. */
  every: number;
  /** What a fall multiplies by; default 0.1. */
  factor?: number;
}

/**
 * `start · factor^⌊step / every⌋`, PyTorch's StepLR.
 *
 * @throws {ArgumentError} an option is unknown or out of range
 * @example
 * stepDecay({ start: 1, every: 10, factor: 0.5 })(25); // 0.25
 */
export function stepDecay(options: StepDecayOptions): Schedule {
  checkOptions('stepDecay', options, ['factor'], ['start', 'every']);
  const { start, every, factor = 0.1 } = options;
  checkNumber('stepDecay', 'start', start, { minimum: 0 });
  checkInteger('stepDecay', 'every', every, { minimum: 1 });
  checkNumber('stepDecay', 'factor', factor, { minimum: 0 });
  return (step) => start * factor ** Math.floor(step / every);
}

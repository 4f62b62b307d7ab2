// SPDX-License-Identifier: Apache-2.0
// A learning rate that falls by a factor at given steps.

import { checkInstance, checkInteger, checkNumber, checkOptions } from '@nabla/core';

import type { Schedule } from './schedule.ts';

export interface MultiStepDecayOptions {
  /** The first learning rate. */
  start: number;
  /** Steps at which it falls. */
  milestones: readonly number[];
  /** What a fall multiplies by; default 0.1. */
  factor?: number;
}

/**
 * `start · factor^n`, n being the milestones that the step has reached: PyTorch's MultiStepLR.
 *
 * @throws {ArgumentError} an option is unknown or out of range
 * @example
 * multiStepDecay({ start: 1, milestones: [10, 20], factor: 0.5 })(20); // 0.25
 */
export function multiStepDecay(options: MultiStepDecayOptions): Schedule {
  checkOptions('multiStepDecay', options, ['factor'], ['start', 'milestones']);
  const { start, milestones, factor = 0.1 } = options;
  checkNumber('multiStepDecay', 'start', start, { minimum: 0 });
  checkInstance('multiStepDecay', 'milestones', milestones, Array);
  for (const milestone of milestones) checkInteger('multiStepDecay', 'milestones', milestone, { minimum: 0 });
  checkNumber('multiStepDecay', 'factor', factor, { minimum: 0 });
  return (step) => start * factor ** milestones.filter((milestone) => milestone <= step).length;
}

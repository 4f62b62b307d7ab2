// SPDX-License-Identifier: Apache-2.0
// The same learning rate at every step.

import { checkNumber } from '@nabla/core';

import type { Schedule } from './schedule.ts';

/**
 * `learningRate` at every step.
 *
 * @example
 * constantSchedule(0.1)(500); // 0.1
 */
export function constantSchedule(learningRate: number): Schedule {
  checkNumber('constantSchedule', 'learningRate', learningRate, { minimum: 0 });
  return () => learningRate;
}

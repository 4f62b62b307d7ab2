// SPDX-License-Identifier: Apache-2.0
// A learning rate on a straight line from one value to another.

import { checkInteger, checkNumber, checkOptions } from '@nabla/core';

import type { Schedule } from './schedule.ts';

export interface LinearChangeOptions {
  /** The first learning rate. */
  start: number;
  /** The last one. */
  end: number;
  /** Step from which on `end` holds. */
  totalSteps: number;
}

/**
 * `start + (end - start) · min(step / totalSteps, 1)`, up or down: PyTorch's LinearLR.
 *
 * @throws {ArgumentError} an option is unknown or out of range
 * @example
 * linearChange({ start: 0, end: 1, totalSteps: 4 })(1); // 0.25
 */
export function linearChange(options: LinearChangeOptions): Schedule {
  checkOptions('linearChange', options, [], ['start', 'end', 'totalSteps']);
  const { start, end, totalSteps } = options;
  checkNumber('linearChange', 'start', start, { minimum: 0 });
  checkNumber('linearChange', 'end', end, { minimum: 0 });
  checkInteger('linearChange', 'totalSteps', totalSteps, { minimum: 1 });
  return (step) => start + (end - start) * Math.min(step / totalSteps, 1);
}

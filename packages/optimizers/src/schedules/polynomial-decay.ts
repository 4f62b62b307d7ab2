// SPDX-License-Identifier: Apache-2.0
// A learning rate that falls to zero along a power.

import { checkInteger, checkNumber, checkOptions } from '@nabla/core';

import type { Schedule } from './schedule.ts';

export interface PolynomialDecayOptions {
  /** The first learning rate. */
  start: number;
  /** Step from which on it is 0. */
  totalSteps: number;
  /** Of the curve; default 1, a straight line. */
  power?: number;
}

/**
 * `start · (1 - min(step / totalSteps, 1))^power`, PyTorch's PolynomialLR.
 *
 * @throws {ArgumentError} an option is unknown or out of range
 * @example
 * polynomialDecay({ start: 1, totalSteps: 4, power: 2 })(2); // 0.25
 */
export function polynomialDecay(options: PolynomialDecayOptions): Schedule {
  checkOptions('polynomialDecay', options, ['power'], ['start', 'totalSteps']);
  const { start, totalSteps, power = 1 } = options;
  checkNumber('polynomialDecay', 'start', start, { minimum: 0 });
  checkInteger('polynomialDecay', 'totalSteps', totalSteps, { minimum: 1 });
  checkNumber('polynomialDecay', 'power', power, { above: 0 });
  return (step) => start * (1 - Math.min(step / totalSteps, 1)) ** power;
}

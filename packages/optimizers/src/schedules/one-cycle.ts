// SPDX-License-Identifier: Apache-2.0
// Up along half a cosine, then down along a longer one, far below the start.

import { checkInteger, checkNumber, checkOptions } from '@nabla/core';

import type { Schedule } from './schedule.ts';

export interface OneCycleOptions {
  /** The highest learning rate. */
  peak: number;
  /** Steps of the whole cycle. */
  totalSteps: number;
  /** Part of the steps in which it rises; default 0.3. */
  riseFraction?: number;
  /** It starts at peak / startDivisor; default 25. */
  startDivisor?: number;
  /** It ends at that / endDivisor; default 1e4. */
  endDivisor?: number;
}

/**
 * From `peak / startDivisor` to `peak` along half a cosine, in `riseFraction · totalSteps - 1` steps, then to
 * `peak / startDivisor / endDivisor` in the rest: PyTorch's OneCycleLR.
 *
 * @throws {ArgumentError} an option is unknown or out of range
 * @see Smith & Topin 2017, https://arxiv.org/abs/1708.07120
 * @example
 * [0, 2, 9].map(oneCycle({ peak: 1, totalSteps: 10 })); // [0.04, 1, 4e-6]
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const op = 'oneCycle';
  checkOptions(op, options, ['riseFraction', 'startDivisor', 'endDivisor'], ['peak', 'totalSteps']);
  const { peak, totalSteps, riseFraction = 0.3, startDivisor = 25, endDivisor = 1e4 } = options;
  checkNumber(op, 'peak', peak, { minimum: 0 });
  checkInteger(op, 'totalSteps', totalSteps, { minimum: 1 });
  checkNumber(op, 'riseFraction', riseFraction, { minimum: 0, maximum: 1 });
  checkNumber(op, 'startDivisor', startDivisor, { above: 0 });
  checkNumber(op, 'endDivisor', endDivisor, { above: 0 });
  const start = peak / startDivisor;
  const [summit, last] = [riseFraction * totalSteps - 1, totalSteps - 1];
  const along = (from: number, to: number, part: number): number =>
    to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2;
  return (step) => {
    if (step <= summit) return along(start, peak, summit === 0 ? 1 : step / summit); // where the rise is one step, that is the peak
    return along(peak, start / endDivisor, Math.min((step - summit) / (last - summit), 1));
  };
}

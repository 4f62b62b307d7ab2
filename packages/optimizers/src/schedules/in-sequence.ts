// SPDX-License-Identifier: Apache-2.0
// Schedules one after the other.

import { ArgumentError, checkInstance, checkInteger } from '@nabla/core';

import type { Schedule } from './schedule.ts';

/**
 * Each schedule for so many steps, counted from 0 again, one after the other; the last one holds on: PyTorch's SequentialLR.
 *
 * @param parts  schedules, and the steps of all but the last
 * @throws {ArgumentError} there is no part, something else among them, or steps that are no positive integer
 * @example
 * const rise = linearChange({ start: 0, end: 1, totalSteps: 10 });
 * inSequence([rise, 10], [constantSchedule(1)])(5); // 0.5
 */
export function inSequence(...parts: readonly (readonly [schedule: Schedule, steps?: number])[]): Schedule {
  if (parts.length === 0) {
    throw new ArgumentError({ op: 'inSequence', argument: 'parts', expected: 'at least one', received: 'none' });
  }
  parts.forEach((part, i) => {
    checkInstance('inSequence', `part ${i}`, part, Array, 'Pass [schedule, steps], and of the last [schedule].');
    checkInstance('inSequence', `the schedule of part ${i}`, part[0], Function);
  });
  parts.slice(0, -1).forEach(([, steps]) => checkInteger('inSequence', 'steps', steps, { minimum: 1 }));
  return (step) => {
    let left = step;
    for (const [schedule, steps = Infinity] of parts.slice(0, -1)) {
      if (left < steps) return schedule(left);
      left -= steps;
    }
    const [last] = parts.at(-1) ?? [(): number => 0];
    return last(left);
  };
}

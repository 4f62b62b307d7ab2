// SPDX-License-Identifier: Apache-2.0
// Tests of every schedule where it begins, turns and ends, and beyond, with the least steps and the least and largest fractions.

import { constantSchedule } from './constant.ts';
import { cosineRestarts } from './cosine-restarts.ts';
import { exponentialDecay } from './exponential-decay.ts';
import { inSequence } from './in-sequence.ts';
import { inverseSquareRoot } from './inverse-square-root.ts';
import { linearChange } from './linear-change.ts';
import { multiStepDecay } from './multi-step-decay.ts';
import { oneCycle } from './one-cycle.ts';
import { polynomialDecay } from './polynomial-decay.ts';
import type { Schedule } from './schedule.ts';
import { stepDecay } from './step-decay.ts';
import { warmupCosine } from './warmup-cosine.ts';

const LATE = 1e6;
const END = 4e-6; // of a cycle: peak / 25 / 1e4

type Case = readonly [name: string, schedule: Schedule, rates: Readonly<Record<number, number>>];

/** Rates by step; the highest of all is 1. */
const CASES: readonly Case[] = [
  ['constant', constantSchedule(1), { 0: 1, 1: 1, [LATE]: 1 }],
  ['constant at 0', constantSchedule(0), { 0: 0, [LATE]: 0 }],

  ['cosine, of one step', cosineRestarts({ peak: 1, firstPeriod: 1 }), { 0: 1, 1: 1, [LATE]: 1 }],
  ['cosine, never above its minimum', cosineRestarts({ peak: 1, firstPeriod: 2, minimum: 1 }), { 0: 1, 1: 1, 3: 1 }],
  ['cosine, at a restart', cosineRestarts({ peak: 1, firstPeriod: 4 }), { 0: 1, 2: 0.5, 4: 1, [LATE + 2]: 0.5 }],
  [
    'cosine, longer each time',
    cosineRestarts({ peak: 1, firstPeriod: 1, periodFactor: 2 }),
    { 0: 1, 1: 1, 2: 0.5, 3: 1 },
  ],

  ['exponential to 0', exponentialDecay({ start: 1, factor: 0 }), { 0: 1, 1: 0, [LATE]: 0 }],
  ['exponential by 1', exponentialDecay({ start: 1, factor: 1 }), { 0: 1, 1: 1, [LATE]: 1 }],

  ['sequence, of one', inSequence([constantSchedule(1)]), { 0: 1, [LATE]: 1 }],
  ['sequence, of a step', inSequence([constantSchedule(0), 1], [constantSchedule(1)]), { 0: 0, 1: 1, [LATE]: 1 }],

  ['inverse square root, of one', inverseSquareRoot({ peak: 1, warmupSteps: 1 }), { 0: 1, 3: 0.5, [LATE - 1]: 1e-3 }],
  ['inverse square root', inverseSquareRoot({ peak: 1, warmupSteps: 4 }), { 0: 0.25, 3: 1, 15: 0.5 }],

  ['linear, in one step', linearChange({ start: 0, end: 1, totalSteps: 1 }), { 0: 0, 1: 1, [LATE]: 1 }],
  ['linear, nowhere', linearChange({ start: 1, end: 1, totalSteps: 2 }), { 0: 1, 1: 1, 2: 1, [LATE]: 1 }],

  ['steps, none', multiStepDecay({ start: 1, milestones: [] }), { 0: 1, [LATE]: 1 }],
  ['steps, at once', multiStepDecay({ start: 1, milestones: [0, 1], factor: 0.5 }), { 0: 0.5, 1: 0.25, [LATE]: 0.25 }],
  ['steps, to 0', multiStepDecay({ start: 1, milestones: [1], factor: 0 }), { 0: 1, 1: 0, [LATE]: 0 }],

  ['cycle', oneCycle({ peak: 1, totalSteps: 10 }), { 0: 0.04, 2: 1, 9: END, 10: END, [LATE]: END }],
  ['cycle, whose first step is its peak', oneCycle({ peak: 1, totalSteps: 10, riseFraction: 0.1 }), { 0: 1, 9: END }],
  [
    'cycle, that only falls',
    oneCycle({ peak: 1, totalSteps: 3, riseFraction: 0 }),
    { 0: 0.75 + END / 4, 2: END, [LATE]: END },
  ],
  [
    'cycle, that only rises',
    oneCycle({ peak: 1, totalSteps: 3, riseFraction: 1 }),
    { 0: 0.04, 1: 0.52, 2: 1, [LATE]: END },
  ],
  ['cycle, of one step, its peak', oneCycle({ peak: 1, totalSteps: 1, riseFraction: 1 }), { 0: 1, 1: END }],
  ['cycle, of one step, its end', oneCycle({ peak: 1, totalSteps: 1, riseFraction: 0 }), { 0: END, 1: END }],
  ['cycle, of two steps', oneCycle({ peak: 1, totalSteps: 2, riseFraction: 0.5 }), { 0: 1, 1: END, 2: END }],

  ['polynomial, in one step', polynomialDecay({ start: 1, totalSteps: 1 }), { 0: 1, 1: 0, [LATE]: 0 }],
  ['polynomial', polynomialDecay({ start: 1, totalSteps: 4, power: 0.5 }), { 0: 1, 3: 0.5, 4: 0, 5: 0, [LATE]: 0 }],

  ['decay at every step', stepDecay({ start: 1, every: 1, factor: 0.5 }), { 0: 1, 1: 0.5, 2: 0.25, [LATE]: 0 }],
  ['decay to 0', stepDecay({ start: 1, every: 2, factor: 0 }), { 0: 1, 1: 1, 2: 0, [LATE]: 0 }],

  ['warm-up alone', warmupCosine({ peak: 1, warmupSteps: 3, totalSteps: 3 }), { 0: 0.25, 2: 0.75, 3: 0, [LATE]: 0 }],
  ['warm-up longer than all', warmupCosine({ peak: 1, warmupSteps: 3, totalSteps: 1 }), { 0: 0.25, 2: 0.75, 3: 0 }],
  ['warm-up, none', warmupCosine({ peak: 1, totalSteps: 2 }), { 0: 1, 1: 0.5, 2: 0, [LATE]: 0 }],
  ['warm-up, of no steps', warmupCosine({ peak: 1, totalSteps: 0, minimum: 0.5 }), { 0: 0.5, [LATE]: 0.5 }],
  ['warm-up, never above its minimum', warmupCosine({ peak: 1, totalSteps: 2, minimum: 1 }), { 0: 1, 1: 1, [LATE]: 1 }],
];

it.each(CASES)('%s', (_, schedule, rates) => {
  const found = Object.keys(rates).map((step) => [step, schedule(Number(step))]);
  expect(found).toEqual(Object.entries(rates).map(([step, rate]) => [step, expect.closeTo(rate, 12)]));
  for (let step = 0; step < 40; step++) {
    expect(schedule(step)).toBeGreaterThanOrEqual(0);
    expect(schedule(step)).toBeLessThanOrEqual(1 + 1e-12);
  }
});

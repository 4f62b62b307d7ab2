// SPDX-License-Identifier: Apache-2.0
// Runs the suites of optimizers and schedules over everything that @nabla/optimizers exports.

import * as optimizers from '@nabla/optimizers';
import { checkOptimizer } from './check-optimizer.ts';
import { checkEveryMember } from './every-member.ts';
import { golden } from './golden.ts';
import { optimizerRows } from './rows/optimizers.ts';

// Exports that are no optimizers: the base class, and the schedules below.
const others = ['Optimizer', 'constantSchedule', 'warmupCosine'];

describe('@nabla/optimizers', () => {
  checkEveryMember(optimizers, [...Object.keys(optimizerRows), ...others]);
});

for (const [name, row] of Object.entries(optimizerRows)) checkOptimizer(name, row);

describe('schedules', () => {
  it.each(golden('schedules').cases)('warmupCosine equals nanoGPT: $name', ({ options, steps, learningRates }) => {
    const schedule = optimizers.warmupCosine(options);
    steps.forEach((step, i) => expect(schedule(step)).toBeCloseTo(learningRates[i], 15));
  });

  it('constantSchedule is the same at every step', () => {
    const schedule = optimizers.constantSchedule(0.1);
    expect([0, 1, 1e6].map(schedule)).toEqual([0.1, 0.1, 0.1]);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Runs the suites of optimizers and schedules over everything that @nabla/optimizers exports.

import * as optimizers from '@nabla/optimizers';
import { checkOptimizer } from './check-optimizer.ts';
import { checkEveryMember } from './every-member.ts';
import { golden } from './golden.ts';
import { optimizerRows } from './rows/optimizers.ts';

// Exports that are no optimizers: the base classes, the schedules below, and what is tested beside its source.
const others = [
  'ExponentialMovingAverage',
  'Optimizer',
  'ReduceOnPlateau',
  'StochasticWeightAverage',
  'WeightAverage',
  'constantSchedule',
  'inSequence',
];

/** Makes a schedule by name. */
const schedules = {
  cosineRestarts: optimizers.cosineRestarts,
  exponentialDecay: optimizers.exponentialDecay,
  inverseSquareRoot: optimizers.inverseSquareRoot,
  linearChange: optimizers.linearChange,
  multiStepDecay: optimizers.multiStepDecay,
  oneCycle: optimizers.oneCycle,
  polynomialDecay: optimizers.polynomialDecay,
  stepDecay: optimizers.stepDecay,
  warmupCosine: optimizers.warmupCosine,
} as Readonly<Record<string, (options: object) => optimizers.Schedule>>;
const recorded = golden('torch_schedules').cases;

describe('@nabla/optimizers', () => {
  checkEveryMember(optimizers, [...Object.keys(optimizerRows), ...Object.keys(schedules), ...others]);
});

for (const [name, row] of Object.entries(optimizerRows)) checkOptimizer(name, row);

describe('schedules', () => {
  it.each(golden('schedules').cases)('warmupCosine equals nanoGPT: $name', ({ options, steps, learningRates }) => {
    const schedule = optimizers.warmupCosine(options);
    steps.forEach((step, i) => expect(schedule(step)).toBeCloseTo(learningRates[i], 15));
  });

  it('has recorded values for every one of them', () => {
    expect([...new Set(recorded.map(({ schedule }) => schedule))].sort()).toEqual(Object.keys(schedules));
  });

  it.each(recorded)('$name equals PyTorch', ({ schedule: name, options, learningRates }) => {
    const schedule = schedules[name](options);
    learningRates.forEach((rate, step) => expect(schedule(step)).toBeCloseTo(rate, 12));
  });

  it.each(recorded)(
    '$name refuses options that it has not, and a start that is no rate',
    ({ schedule: name, options }) => {
      expect(() => schedules[name]({ ...options, gamma: 1 })).toThrowCode('OPTION');
      const [first] = Object.keys(options);
      expect(() => schedules[name]({ ...options, [first]: NaN })).toThrowCode('ARGUMENT', new RegExp(first));
    },
  );

  it('inSequence counts from 0 in each part', () => {
    const rise = optimizers.linearChange({ start: 0, end: 1, totalSteps: 4 });
    const schedule = optimizers.inSequence([rise, 4], [optimizers.exponentialDecay({ start: 1, factor: 0.5 })]);
    expect([0, 2, 3, 4, 5, 6].map(schedule)).toEqual([0, 0.5, 0.75, 1, 0.5, 0.25]);
    expect(() => optimizers.inSequence()).toThrowCode('ARGUMENT');
    expect(() => optimizers.inSequence([rise], [rise])).toThrowCode('ARGUMENT', /steps/);
  });

  it('constantSchedule is the same at every step', () => {
    const schedule = optimizers.constantSchedule(0.1);
    expect([0, 1, 1e6].map(schedule)).toEqual([0.1, 0.1, 0.1]);
  });
});

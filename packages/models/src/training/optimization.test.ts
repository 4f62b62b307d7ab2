// SPDX-License-Identifier: Apache-2.0
// Tests of the optimizers and the schedules that a configuration may name.

import { Generator, scope, tensor1d, tensor2d } from '@nabla/core';
import { Linear } from '@nabla/layers';
import { Adadelta, Adam, AdamW, Lion, Muon, type Optimizer, SGD } from '@nabla/optimizers';
import { useDevice } from '@nabla/testing';

import { makeOptimizer, makeSchedule } from './optimization.ts';
import { type TrainingSettings, trainingDefaults } from './settings.ts';

useDevice('js');

const SETTINGS: TrainingSettings = {
  ...trainingDefaults,
  ...{ data: '', batchSize: 4, learningRate: 0.1, weightDecay: 0.5, evaluateEvery: 0, checkpointEvery: 0 },
};

function withModel<Result>(f: (model: Linear) => Result): Result {
  const model = new Linear(2, 1, { generator: new Generator(1) });
  try {
    return f(model);
  } finally {
    model.dispose();
  }
}

describe('optimizer', () => {
  const named: [TrainingSettings['optimizer'], new (...args: never) => Optimizer][] = [
    [undefined, AdamW],
    ['adamw', AdamW],
    ['adam', Adam],
    ['adadelta', Adadelta],
    ['lion', Lion],
    ['muon', Muon],
    ['sgd', SGD],
  ];

  it.each(named)('%s is the one of that name, with the rate of the settings', (optimizer, Class) => {
    withModel((model) => {
      const made = makeOptimizer(model, { ...SETTINGS, optimizer });
      expect(made).toBeInstanceOf(Class);
      expect(made.learningRate).toBe(0.1);
      made.dispose();
    });
  });

  it.each(named)('%s decays matrices, not vectors', (optimizer) => {
    withModel((model) => {
      const made = makeOptimizer(model, { ...SETTINGS, optimizer });
      scope(() => {
        model.loadStateDict({ weight: tensor2d([[1, -1]]), bias: tensor1d([1]) });
        made.applyGradients([tensor2d([[0, 0]]), tensor1d([0])]);
        const [weight = 0, other = 0] = model.weight.dataSync();
        expect(weight).toBeLessThan(0.999);
        expect(other).toBe(-weight);
        expect([...(model.bias?.dataSync() ?? [])]).toEqual([1]);
      });
      made.dispose();
    });
  });
});

describe('schedule', () => {
  const rates = (settings: Partial<TrainingSettings>, steps = 4): number[] =>
    Array.from({ length: steps }, (_, step) => makeSchedule({ ...SETTINGS, ...settings }, steps)(step));
  const near = (values: number[]): unknown[] => values.map((value): unknown => expect.closeTo(value, 9));

  it.each<[TrainingSettings['schedule'], number[]]>([
    [undefined, [0.0775, 0.0325]],
    ['cosine', [0.0775, 0.0325]],
    ['linear', [0.07, 0.04]],
    ['constant', [0.1, 0.1]],
  ])('%s is what comes after the rise', (schedule, after) => {
    expect(rates({ schedule, warmupSteps: 1, minimumLearningRate: 0.01 })).toEqual(near([0.05, 0.1, ...after]));
  });

  it.each<[TrainingSettings['schedule'], number[]]>([
    ['cosine', [0.1, 0.05]],
    ['linear', [0.1, 0.05]],
    ['constant', [0.1, 0.1]],
  ])('%s may start without a rise', (schedule, all) => {
    expect(rates({ schedule }, 2)).toEqual(near(all));
  });

  it.each(['cosine', 'linear', 'constant'] as const)('%s may end within the rise', (schedule) => {
    expect(rates({ schedule, warmupSteps: 3 }, 2)).toEqual(near([0.025, 0.05]));
  });

  it('inverse-square-root rises to its peak and falls with the root of the step, as that of the first transformer', () => {
    const root = (step: number): number => 0.1 * Math.sqrt(2 / step);
    expect(rates({ schedule: 'inverse-square-root', warmupSteps: 2 })).toEqual(near([0.05, 0.1, root(3), root(4)]));
    expect(rates({ schedule: 'inverse-square-root' }, 2)).toEqual(near([0.1, 0.1 / Math.SQRT2]));
  });

  it('has no minimum above the rate itself', () => {
    expect(rates({ schedule: 'linear', minimumLearningRate: 1 })).toEqual(near([0.1, 0.1, 0.1, 0.1]));
  });
});

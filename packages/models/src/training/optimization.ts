// SPDX-License-Identifier: Apache-2.0
// The optimizers and the schedules that a configuration may name.

import type { Module } from '@nabla/layers';
import {
  Adadelta,
  Adam,
  AdamW,
  Lion,
  Muon,
  type Optimizer,
  type ParameterGroup,
  SGD,
  type Schedule,
  constantSchedule,
  inSequence,
  inverseSquareRoot,
  linearChange,
  warmupCosine,
} from '@nabla/optimizers';

import type { TrainingSettings } from './settings.ts';

type MakeOptimizer = (groups: readonly ParameterGroup[], settings: TrainingSettings) => Optimizer;

/** By name; what the settings do not say is the optimizer's default, but for the momentum of SGD. */
const optimizers: Readonly<Record<NonNullable<TrainingSettings['optimizer']>, MakeOptimizer>> = {
  adadelta: (groups, { learningRate, weightDecay, beta2 }) =>
    new Adadelta(groups, { learningRate, weightDecay, smoothing: beta2 }),
  adam: (groups, { learningRate, weightDecay, beta2 }) =>
    new Adam(groups, { learningRate, weightDecay, betas: [0.9, beta2] }),
  adamw: (groups, { learningRate, weightDecay, beta2 }) =>
    new AdamW(groups, { learningRate, weightDecay, betas: [0.9, beta2] }),
  lion: (groups, { learningRate, weightDecay }) => new Lion(groups, { learningRate, weightDecay }),
  muon: (groups, { learningRate, weightDecay }) => new Muon(groups, { learningRate, weightDecay }),
  sgd: (groups, { learningRate, weightDecay }) => new SGD(groups, { learningRate, weightDecay, momentum: 0.9 }),
};

/** Two groups: matrices are decayed; vectors (biases, norms) are not, as GPT-2's and BERT's authors train. */
export function makeOptimizer(model: Module, settings: TrainingSettings): Optimizer {
  const parameters = model.parameters();
  const groups: ParameterGroup[] = [
    { parameters: parameters.filter(({ shape }) => shape.length >= 2) },
    { parameters: parameters.filter(({ shape }) => shape.length < 2), weightDecay: 0 },
  ];
  const filled = groups.filter((group) => group.parameters.length > 0);
  return optimizers[settings.optimizer ?? 'adamw'](filled, settings);
}

/** A linear rise, then what the settings name; a function of the step alone, so that a resumed run has the same rates. */
export function makeSchedule(settings: TrainingSettings, totalSteps: number): Schedule {
  const { schedule = 'cosine', learningRate: peak, warmupSteps } = settings;
  const minimum = Math.min(settings.minimumLearningRate, peak);
  if (schedule === 'cosine') return warmupCosine({ peak, minimum, warmupSteps, totalSteps });
  if (schedule === 'inverse-square-root') return inverseSquareRoot({ peak, warmupSteps: Math.max(1, warmupSteps) });
  const stepsLeft = Math.max(1, totalSteps - warmupSteps);
  const after =
    schedule === 'constant'
      ? constantSchedule(peak)
      : linearChange({ start: peak, end: minimum, totalSteps: stepsLeft });
  if (warmupSteps === 0) return after;
  const rise = linearChange({ start: peak / (warmupSteps + 1), end: peak, totalSteps: warmupSteps });
  return inSequence([rise, warmupSteps], [after]);
}

// SPDX-License-Identifier: Apache-2.0
// The public surface of @nabla/optimizers.

export { Adadelta, type AdadeltaOptions } from './adadelta.ts';
export { Adafactor, type AdafactorOptions } from './adafactor.ts';
export { Adagrad, type AdagradOptions } from './adagrad.ts';
export { Adam, type AdamOptions } from './adam.ts';
export { Adamax, type AdamaxOptions } from './adamax.ts';
export { AdamW, type AdamWOptions } from './adamw.ts';
export { ExponentialMovingAverage, type ExponentialMovingAverageOptions } from './exponential-moving-average.ts';
export { LAMB, type LAMBOptions } from './lamb.ts';
export { Lion, type LionOptions } from './lion.ts';
export { Muon, type MuonOptions } from './muon.ts';
export { NAdam, type NAdamOptions } from './nadam.ts';
export { Optimizer, type Slots, type UpdateSettings } from './optimizer.ts';
export type { GroupSettings, ParameterGroup, Parameters } from './parameter-groups.ts';
export { RAdam, type RAdamOptions } from './radam.ts';
export { RMSprop, type RMSpropOptions } from './rmsprop.ts';
export { constantSchedule } from './schedules/constant.ts';
export { type CosineRestartsOptions, cosineRestarts } from './schedules/cosine-restarts.ts';
export { type ExponentialDecayOptions, exponentialDecay } from './schedules/exponential-decay.ts';
export { inSequence } from './schedules/in-sequence.ts';
export { type InverseSquareRootOptions, inverseSquareRoot } from './schedules/inverse-square-root.ts';
export { type LinearChangeOptions, linearChange } from './schedules/linear-change.ts';
export { type MultiStepDecayOptions, multiStepDecay } from './schedules/multi-step-decay.ts';
export { type OneCycleOptions, oneCycle } from './schedules/one-cycle.ts';
export { type PolynomialDecayOptions, polynomialDecay } from './schedules/polynomial-decay.ts';
export {
  ReduceOnPlateau,
  type ReduceOnPlateauOptions,
  type ReduceOnPlateauState,
} from './schedules/reduce-on-plateau.ts';
export type { Schedule } from './schedules/schedule.ts';
export { type StepDecayOptions, stepDecay } from './schedules/step-decay.ts';
export { type WarmupCosineOptions, warmupCosine } from './schedules/warmup-cosine.ts';
export { SGD, type SGDOptions } from './sgd.ts';
export type { OptimizerState } from './state.ts';
export { StochasticWeightAverage } from './stochastic-weight-average.ts';
export { WeightAverage } from './weight-average.ts';

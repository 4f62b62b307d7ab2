// SPDX-License-Identifier: Apache-2.0
// The public surface of @nabla/optimizers.

export { AdamW, type AdamWOptions } from './adamw.ts';
export { Optimizer, type OptimizerState } from './optimizer.ts';
export type { GroupSettings, ParameterGroup, Parameters } from './parameter-groups.ts';
export { constantSchedule } from './schedules/constant.ts';
export type { Schedule } from './schedules/schedule.ts';
export { type WarmupCosineOptions, warmupCosine } from './schedules/warmup-cosine.ts';
export { SGD, type SGDOptions } from './sgd.ts';

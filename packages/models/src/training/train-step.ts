// SPDX-License-Identifier: Apache-2.0
// One step of training: the gradients of one or more batches, as if they were one, clipped, and one update.

import {
  type Generator,
  GradientAccumulator,
  NablaError,
  type Tensor,
  clipByGlobalNorm,
  globalNorm,
  noGrad,
  scope,
  valueAndGrad,
} from '@nabla/core';
import { findNonFinite } from '@nabla/layers';
import type { Optimizer } from '@nabla/optimizers';

import type { Batch, Task } from './recipe.ts';
import type { TrainingSettings } from './settings.ts';

/** What a step measured. */
export interface StepResult {
  /** Mean training loss of all examples, or tokens, of the step's batches. */
  readonly loss: number;
  /** Length of the gradient over all parameters, before clipping. */
  readonly gradientNorm: number;
  readonly examples: number;
}

/**
 * One optimizer step over `settings.accumulate` batches.
 *
 * @param generator what the model draws from, so that a step that goes bad can be repeated
 * @param step      number of the step, for errors
 * @throws {NablaError} the loss or the gradient is not finite; no parameter has changed (code `NON_FINITE`)
 */
export function trainStep<B extends Batch>(
  task: Task<B>,
  optimizer: Optimizer,
  settings: Pick<TrainingSettings, 'accumulate' | 'clipNorm'>,
  generator: Generator,
  step: number,
): StepResult {
  const accumulator = new GradientAccumulator();
  try {
    return scope(() => {
      let [cost, weights, examples] = [0, 0, 0];
      for (let part = 0; part < settings.accumulate; part++) {
        const { loss, weight, count } = addGradients(accumulator, task, optimizer.parameters, generator, step);
        cost += loss * weight;
        weights += weight;
        examples += count;
      }
      const gradients = accumulator.mean();
      const gradientNorm = numberOf(globalNorm(gradients));
      if (!Number.isFinite(gradientNorm)) throw badGradient(task, optimizer, gradients, step);
      if (settings.clipNorm > 0) clipByGlobalNorm(gradients, settings.clipNorm);
      optimizer.applyGradients(gradients);
      task.constrain?.();
      return { loss: cost / weights, gradientNorm, examples };
    });
  } finally {
    accumulator.dispose();
  }
}

/** Adds the gradients of the next batch. */
function addGradients<B extends Batch>(
  accumulator: GradientAccumulator,
  task: Task<B>,
  parameters: readonly Tensor[],
  generator: Generator,
  step: number,
): { loss: number; weight: number; count: number } {
  return scope(() => {
    const batch = task.loader.next();
    const before = generator.state();
    const { value, gradients } = valueAndGrad(() => task.loss(batch), parameters);
    const loss = numberOf(value);
    if (!Number.isFinite(loss)) {
      generator.restore(before);
      throw badLoss(task, batch, step, loss);
    }
    const count = countExamples(batch);
    const weight = task.weight?.(batch) ?? count;
    accumulator.add(gradients, weight);
    return { loss, weight, count };
  });
}

function numberOf(scalar: Tensor): number {
  return scalar.dataSync()[0] ?? NaN;
}

/** The length of the first axis of a batch's first tensor. */
function countExamples(batch: Batch): number {
  return (Object.values(batch)[0] as Tensor).shape[0] ?? 0;
}

const ADVICE =
  'A checkpoint saved before is whole. Lower learningRate, set clipNorm, or look for extreme values in the data.';

/** Runs the batch once more to find the module where numbers went bad. */
function badLoss<B extends Batch>(task: Task<B>, batch: B, step: number, loss: number): NablaError {
  const found = noGrad(() => findNonFinite(task.model, () => task.loss(batch)));
  const where =
    found === undefined
      ? 'every module gave finite numbers, the loss function did not'
      : found.parameter === undefined
        ? `the first module that gave such a number is ${found.kind} "${found.module}"`
        : `parameter "${found.parameter}" of ${found.kind} was not finite before the step`;
  const message = `training stopped at step ${step}: the loss is ${loss}; ${where}. ${ADVICE}`;
  return new NablaError('NON_FINITE', message, { step, loss, ...found });
}

function badGradient<B extends Batch>(
  task: Task<B>,
  { parameters }: Optimizer,
  gradients: readonly Tensor[],
  step: number,
): NablaError {
  const bad = new Set<Tensor>(
    parameters.filter((_, i) => !Number.isFinite(numberOf(globalNorm(gradients.slice(i, i + 1))))),
  );
  const names = [...task.model.namedParameters()].flatMap(([name, parameter]) => (bad.has(parameter) ? [name] : []));
  const list = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} others` : ''}`;
  const where =
    names.length === 0
      ? 'the gradient, over all parameters, is too long for float32'
      : `the gradient of ${list} is not finite`;
  return new NablaError('NON_FINITE', `training stopped at step ${step}: ${where}. ${ADVICE}`, {
    step,
    parameters: names,
  });
}

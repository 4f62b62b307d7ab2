// SPDX-License-Identifier: Apache-2.0
// The part of a configuration that every recipe shares: how long, how fast, how often.

import { MATMUL_PRECISIONS } from '@nabla/core';
import { z } from 'zod';

const count = (minimum: number) => z.int().min(minimum);

/** Fields of the training loop; a recipe adds its own and its defaults. */
export const trainingFields = {
  data: z.string().describe('data set by name, or path of a file'),
  seed: count(0).describe('seed of everything random'),
  steps: count(1).optional().describe('optimizer steps; or set epochs'),
  epochs: z.number().positive().optional().describe('passes over the training data; or set steps'),
  batchSize: count(1).describe('examples in a batch'),
  accumulate: count(1).describe('batches whose gradients make one step, as one batch of all their examples would'),
  optimizer: z
    .enum(['adamw', 'adam', 'adadelta', 'lion', 'muon', 'sgd'])
    .optional()
    .describe('what updates the weights (adamw, adam, adadelta, lion, muon, sgd); default: adamw'),
  schedule: z
    .enum(['cosine', 'linear', 'constant', 'inverse-square-root'])
    .optional()
    .describe(
      'how the learning rate falls after its rise (cosine, linear, constant, inverse-square-root); default: cosine',
    ),
  precision: z
    .enum(MATMUL_PRECISIONS)
    .optional()
    .describe(
      `how factors of matrix products may be rounded while training (${MATMUL_PRECISIONS.join(', ')}), and on cuda with bf16 activations; default: float32`,
    ),
  learningRate: z.number().positive().describe('the highest of the schedule'),
  minimumLearningRate: z.number().min(0).describe('the last of the schedule, where it is cosine or linear'),
  warmupSteps: count(0).describe('steps in which the learning rate rises'),
  weightDecay: z.number().min(0).describe('of matrices; vectors are not decayed'),
  beta2: z.number().min(0).lt(1).describe('how slowly adamw, adam and adadelta forget squared gradients'),
  clipNorm: z.number().min(0).describe('longest gradient, over all parameters; 0 does not clip'),
  logEvery: count(1).describe('steps between two step events'),
  evaluateEvery: count(0).describe('steps between two evaluations; 0: at the end only'),
  checkpointEvery: count(0).describe('steps between two checkpoints; 0: at the end only'),
  patience: count(0).describe('evaluations without a better loss before training stops; 0 never stops early'),
};

export const trainingDefaults = {
  seed: 0,
  accumulate: 1,
  minimumLearningRate: 0,
  warmupSteps: 0,
  weightDecay: 0.01,
  beta2: 0.999,
  clipNorm: 1,
  logEvery: 10,
  patience: 0,
};

/** Settings of the training loop. */
export type TrainingSettings = z.infer<z.ZodObject<typeof trainingFields>>;

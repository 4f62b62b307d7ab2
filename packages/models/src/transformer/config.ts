// SPDX-License-Identifier: Apache-2.0
// The transformer's configuration as data.

import { z } from 'zod';

import { trainingDefaults, trainingFields } from '../training/settings.ts';

const fields = z.strictObject({
  ...trainingFields,
  layers: z.int().min(1).describe('blocks'),
  heads: z.int().min(1).describe('attention heads of a block'),
  width: z.int().min(1).describe('features of a token'),
  context: z.int().min(1).describe('characters that the model sees at once'),
  dropout: z.number().min(0).lt(1).describe('probability of dropping an element while training'),
});

export const transformerSchema = fields.refine(({ width, heads }) => width % heads === 0, {
  path: ['heads'],
  error: 'to divide width',
});

export type TransformerConfig = z.infer<typeof transformerSchema>;

/** nanoGPT's setting for a CPU (config/train_shakespeare_char.py with the overrides of its README), published loss 1.88. */
export const transformerDefaults = {
  ...trainingDefaults,
  data: 'moby-dick',
  layers: 4,
  heads: 4,
  width: 128,
  context: 64,
  dropout: 0,
  batchSize: 12,
  steps: 2000,
  learningRate: 1e-3,
  minimumLearningRate: 1e-4,
  warmupSteps: 100,
  weightDecay: 0.1,
  beta2: 0.99,
  evaluateEvery: 250,
  checkpointEvery: 250,
} satisfies TransformerConfig;

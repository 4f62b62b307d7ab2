// SPDX-License-Identifier: Apache-2.0
// The convolutional network's configuration as data.

import { z } from 'zod';

import { trainingDefaults, trainingFields } from '../training/settings.ts';

export const cnnSchema = z.strictObject({
  ...trainingFields,
  channels: z.tuple([z.int().min(1), z.int().min(1)]).describe('channels after each of the two convolutions'),
  hidden: z.int().min(1).describe('width of the hidden layer behind them'),
  dropout: z.number().min(0).lt(1).describe('probability of dropping a hidden feature while training'),
});

export type CnnConfig = z.infer<typeof cnnSchema>;

export const cnnDefaults = {
  ...trainingDefaults,
  data: 'mnist',
  channels: [32, 64],
  hidden: 128,
  dropout: 0.25,
  batchSize: 64,
  epochs: 5,
  learningRate: 2e-3,
  warmupSteps: 100,
  evaluateEvery: 500,
  checkpointEvery: 500,
} satisfies CnnConfig;

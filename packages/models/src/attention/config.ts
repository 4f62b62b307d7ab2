// SPDX-License-Identifier: Apache-2.0
// The configuration of the network with image attention as data.

import { z } from 'zod';

import { trainingDefaults, trainingFields } from '../training/settings.ts';

export const attentionSchema = z.strictObject({
  ...trainingFields,
  width: z.int().min(1).describe('channels of the feature map that attention looks over'),
  dropout: z.number().min(0).lt(1).describe('probability of dropping a feature of the answer while training'),
});

export type AttentionConfig = z.infer<typeof attentionSchema>;

export const attentionDefaults = {
  ...trainingDefaults,
  data: 'mnist',
  width: 64,
  dropout: 0.1,
  batchSize: 64,
  epochs: 3,
  learningRate: 2e-3,
  warmupSteps: 100,
  evaluateEvery: 500,
  checkpointEvery: 500,
} satisfies AttentionConfig;

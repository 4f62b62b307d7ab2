// SPDX-License-Identifier: Apache-2.0
// The feed-forward network's configuration as data.

import { z } from 'zod';

import { trainingDefaults, trainingFields } from '../training/settings.ts';

export const fnnSchema = z.strictObject({
  ...trainingFields,
  hidden: z.array(z.int().min(1)).describe('widths of the hidden layers'),
  dropout: z.number().min(0).lt(1).describe('probability of dropping a hidden element while training'),
  testFraction: z.number().gt(0).lt(1).describe('part of the rows that is held out'),
  label: z.string().optional().describe('name of the label column; default: the last'),
  header: z
    .enum(['names', 'none', 'counts'])
    .optional()
    .describe('what the first line of the table is; default: names'),
  delimiter: z.string().length(1).optional().describe('what stands between cells; default: a comma'),
});

export type FnnConfig = z.infer<typeof fnnSchema>;

/** Width and decay: best of a dozen settings by mean accuracy on breast-cancer over the seeds 100 to 199 (0.979). */
export const fnnDefaults = {
  ...trainingDefaults,
  data: 'breast-cancer',
  hidden: [64],
  dropout: 0,
  testFraction: 0.2,
  epochs: 20,
  batchSize: 32,
  learningRate: 5e-3,
  weightDecay: 3,
  evaluateEvery: 0,
  checkpointEvery: 0,
} satisfies FnnConfig;

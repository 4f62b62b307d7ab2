// SPDX-License-Identifier: Apache-2.0
// The configuration of the recurrent networks as data.

import { z } from 'zod';

import { trainingDefaults, trainingFields } from '../training/settings.ts';

export const rnnSchema = z.strictObject({
  ...trainingFields,
  task: z
    .enum(['characters', 'forecast'])
    .describe('learn to write a text, or forecast a time series (characters, forecast)'),
  cell: z.enum(['lstm', 'gru', 'rnn']).describe('kind of recurrent network (lstm, gru, rnn)'),
  layers: z.int().min(1).describe('recurrent networks above each other'),
  width: z.int().min(1).describe('features of the state'),
  context: z.int().min(1).describe('characters, or times of the series, that the model reads at once'),
  dropout: z.number().min(0).lt(1).describe('probability of dropping a feature while training'),
  column: z.string().optional().describe('forecast: the column that is forecast; the first where there is none'),
  horizon: z.int().min(1).describe('forecast: how many times ahead'),
  season: z.int().min(1).describe('forecast: times after which the series about repeats, for the baseline'),
});

export type RnnConfig = z.infer<typeof rnnSchema>;

export const rnnDefaults = {
  ...trainingDefaults,
  task: 'characters',
  data: 'moby-dick',
  cell: 'lstm',
  layers: 1,
  width: 256,
  context: 128,
  dropout: 0,
  horizon: 1,
  season: 11,
  batchSize: 32,
  steps: 2000,
  learningRate: 4e-3,
  minimumLearningRate: 1e-4,
  warmupSteps: 100,
  weightDecay: 0.01,
  evaluateEvery: 250,
  checkpointEvery: 250,
} satisfies RnnConfig;

/** What is another default where the task is to forecast; a season of 11 times is that of sunspots, in years. */
export const forecastDefaults = {
  data: 'sunspots',
  width: 32,
  context: 33,
  batchSize: 32,
  steps: 200,
  learningRate: 5e-3,
  warmupSteps: 20,
  evaluateEvery: 50,
  checkpointEvery: 100,
} satisfies Partial<RnnConfig>;

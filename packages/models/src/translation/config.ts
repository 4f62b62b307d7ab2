// SPDX-License-Identifier: Apache-2.0
// The translator's configuration as data.

import { z } from 'zod';

import { trainingDefaults, trainingFields } from '../training/settings.ts';
import { SMALLEST_VOCABULARY } from './tokenizer.ts';

const fields = z.strictObject({
  ...trainingFields,
  layers: z.int().min(1).describe('layers of the encoder, and of the decoder'),
  heads: z.int().min(1).describe('attention heads of a layer'),
  width: z.int().min(1).describe('features of a token'),
  context: z.int().min(2).describe('tokens of a sentence, at most'),
  dropout: z.number().min(0).lt(1).describe('probability of dropping an element while training'),
  labelSmoothing: z.number().min(0).lt(1).describe('part of the target that is spread over all tokens while training'),
  vocabulary: z.int().min(SMALLEST_VOCABULARY).describe('tokens of both languages together, at most'),
  maximumWords: z.int().min(1).describe('longer sentences, in words between spaces, are left out'),
  heldOut: z.int().min(1).describe('pairs that are held out'),
  beams: z.int().min(1).describe('translations that are written at once to find the best; 1: word by word'),
});

export const translationSchema = fields.refine(({ width, heads }) => width % heads === 0, {
  path: ['heads'],
  error: 'to divide width',
});

export type TranslationConfig = z.infer<typeof translationSchema>;

/** A small form of the first transformer, with its schedule; sizes for two cores and half an hour. */
export const translationDefaults = {
  ...trainingDefaults,
  data: 'tatoeba-fra-eng',
  layers: 3,
  heads: 8,
  width: 256,
  context: 128,
  dropout: 0.1,
  labelSmoothing: 0.1,
  vocabulary: 6000,
  maximumWords: 12,
  heldOut: 2000,
  beams: 4,
  batchSize: 64,
  epochs: 4,
  optimizer: 'adam',
  schedule: 'inverse-square-root',
  learningRate: 1e-3,
  warmupSteps: 500,
  weightDecay: 0,
  beta2: 0.98,
  evaluateEvery: 1000,
  checkpointEvery: 500,
} satisfies TranslationConfig;

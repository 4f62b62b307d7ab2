// SPDX-License-Identifier: Apache-2.0
// The configuration of the convolutional network for sentences as data.

import { z } from 'zod';

import { trainingDefaults, trainingFields } from '../training/settings.ts';

const count = z.int().min(1);

export const textCnnSchema = z
  .strictObject({
    ...trainingFields,
    width: count.describe('features of a word'),
    filterWords: z.array(count).min(1).describe('kinds of filters: how many words each sees at once'),
    filters: count.describe('filters of each kind'),
    dropout: z.number().min(0).lt(1).describe('probability of dropping what a filter found while training'),
    maximumNorm: z
      .number()
      .min(0)
      .describe('longest row of the last layer, to which a step shortens longer ones; 0 does not limit'),
    vocabulary: z.int().min(5).describe('most frequent words that are told apart, at most; all others are one'),
    maximumLength: count.describe('words of a text; what is longer is cut'),
    textColumn: z.string().describe('column or field of the text'),
    labelColumn: z.string().describe('column or field of the class'),
    folds: z.int().min(2).describe('parts of equal size that the texts are dealt into; one of them is held out'),
    fold: z.int().min(0).describe('which part is held out, counted from 0'),
    validation: z
      .number()
      .gt(0)
      .lt(1)
      .describe('part of the other texts that is watched while training, to know when to stop, and not trained on'),
  })
  .refine(({ fold, folds }) => fold < folds, { path: ['fold'], error: 'to be below folds' });

export type TextCnnConfig = z.infer<typeof textCnnSchema>;

/**
 * The network of the paper's CNN-rand. The paper trains with Adadelta (`optimizer: adadelta, schedule: constant, learningRate: 1,
 * beta2: 0.95, weightDecay: 0, clipNorm: 0, epochs: 12`), whose watched accuracy on fold 0 of rt-polarity never rose above 0.757;
 * AdamW's is 0.765 after two epochs and 0.774 after four, on which the number of epochs was settled.
 */
export const textCnnDefaults = {
  ...trainingDefaults,
  data: 'rt-polarity',
  width: 300,
  filterWords: [3, 4, 5],
  filters: 100,
  dropout: 0.5,
  maximumNorm: 3,
  vocabulary: 20_000,
  maximumLength: 256,
  textColumn: 'text',
  labelColumn: 'label',
  folds: 10,
  fold: 0,
  validation: 0.1,
  epochs: 4,
  batchSize: 50,
  learningRate: 1e-3,
  evaluateEvery: 173, // an epoch of rt-polarity
  checkpointEvery: 173,
} satisfies TextCnnConfig;

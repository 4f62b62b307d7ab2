// SPDX-License-Identifier: Apache-2.0
// The configuration of fine-tuning as data.

import { z } from 'zod';

import type { DependentDefaults } from '../training/recipe.ts';
import { trainingDefaults, trainingFields } from '../training/settings.ts';

export const FINETUNE_TASKS = ['classification', 'causal-lm', 'seq2seq'] as const;

export const finetuneSchema = z.strictObject({
  ...trainingFields,
  model: z.string().describe('folder of the published model, or its name on the hub'),
  task: z
    .enum(FINETUNE_TASKS)
    .describe('what is learned: the class of a text (classification), to go on (causal-lm), to answer (seq2seq)'),
  maximumLength: z.int().min(2).describe('tokens of a text; what is longer is cut'),
  heldOut: z.number().gt(0).lt(1).describe('part of the data that is not trained on'),
  textColumn: z.string().describe('column or field of the text, for classification'),
  labelColumn: z.string().describe('column or field of the class, for classification'),
  loraRank: z.int().min(0).describe('rank of low-rank corrections; 0: all weights are trained'),
  loraAlpha: z.number().positive().optional().describe('corrections are multiplied by this / rank; default: 2 · rank'),
  loraDropout: z.number().min(0).lt(1).describe('probability of dropping an input of a correction'),
  loraTargets: z
    .union([z.array(z.string()).min(1), z.literal('all-linear')])
    .optional()
    .describe('layers to correct, or all-linear, the default'),
  gradientCheckpointing: z.boolean().describe('compute blocks twice, to need less memory'),
});

export type FinetuneConfig = z.infer<typeof finetuneSchema>;

export const finetuneDefaults = {
  ...trainingDefaults,
  data: 'rt-polarity',
  task: 'classification',
  maximumLength: 128,
  heldOut: 0.1,
  textColumn: 'text',
  labelColumn: 'label',
  loraRank: 0,
  loraDropout: 0,
  gradientCheckpointing: false,
  epochs: 3,
  batchSize: 32,
  learningRate: 5e-5, // of BERT's authors' 2e-5 to 5e-5
  warmupSteps: 50,
  evaluateEvery: 0,
  checkpointEvery: 0,
} satisfies Omit<FinetuneConfig, 'model'>;

/** What is another default for a task. */
export const finetuneTaskDefaults = {
  'causal-lm': { data: 'tinyshakespeare', batchSize: 8 },
  seq2seq: { data: 'tatoeba-fra-eng', learningRate: 3e-4 },
} as const;

/**
 * Where corrections are trained alone. They need a higher rate than all weights do, ten to twenty times, and correct every linear
 * layer: those between the attentions matter most.
 *
 * @see Dettmers et al. 2023, https://arxiv.org/abs/2305.14314
 * @see Schulman et al. 2025, https://thinkingmachines.ai/blog/lora/
 */
export const loraDefaults: DependentDefaults = {
  when: 'loraRank above 0',
  applies: ({ loraRank }) => Number(loraRank) > 0,
  defaults: { learningRate: 1e-3, loraTargets: 'all-linear' },
};

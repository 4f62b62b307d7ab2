// SPDX-License-Identifier: Apache-2.0
// The configurations of RoBERTa and XLM-RoBERTa, as config.json has them.

import { z } from 'zod';

import { bertFields, soundBert } from '../bert/config.ts';
import { pretrainedFields } from '../pretrained/architecture.ts';

const robertaFields = bertFields.extend({
  vocab_size: z.int().min(1).default(50265),
  pad_token_id: z.int().min(0).default(1), // positions begin after it
  bos_token_id: pretrainedFields.shape.bos_token_id.prefault(0),
  eos_token_id: pretrainedFields.shape.eos_token_id.prefault(2),
});

/** A schema that also wants a position for a token at least. */
function withPositions<Schema extends z.ZodType<z.infer<typeof robertaFields>>>(schema: Schema): Schema {
  return soundBert(schema).refine((config) => config.max_position_embeddings > config.pad_token_id + 1, {
    path: ['max_position_embeddings'],
    error: 'to be above pad_token_id + 1: positions begin there',
  });
}

/** Of published RoBERTa models. */
export const robertaSchema = withPositions(robertaFields);

/** Of published XLM-RoBERTa models: RoBERTa of another vocabulary. */
export const xlmRobertaSchema = withPositions(robertaFields.extend({ vocab_size: z.int().min(1).default(30522) }));

export type RobertaConfig = z.infer<typeof robertaSchema>;

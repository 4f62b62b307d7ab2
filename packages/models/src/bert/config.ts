// SPDX-License-Identifier: Apache-2.0
// BERT's configuration, as config.json has it.

import { z } from 'zod';

import { activationField } from '../pretrained/activations.ts';
import { type PretrainedConfig, pretrainedFields } from '../pretrained/architecture.ts';
import { labelFields } from '../pretrained/labels.ts';

const size = z.int().min(1);
const probability = z.number().min(0).lt(1);

/** What BERT has, and the families that are BERT with other positions or other tokens. */
export const bertFields = pretrainedFields.extend({
  ...labelFields,
  vocab_size: size.default(30522),
  hidden_size: size.default(768),
  num_hidden_layers: size.default(12),
  num_attention_heads: size.default(12),
  intermediate_size: size.default(3072),
  hidden_act: activationField.default('gelu'),
  hidden_dropout_prob: probability.default(0.1),
  attention_probs_dropout_prob: probability.default(0.1),
  classifier_dropout: probability.nullish(),
  max_position_embeddings: size.default(512),
  type_vocab_size: size.default(2),
  layer_norm_eps: z.number().min(0).default(1e-12),
  is_decoder: z.boolean().default(false), // then a token sees those before it only
  // What the fields say beyond these values needs parameters that no class here has.
  add_cross_attention: z.literal(false).optional(),
  position_embedding_type: z.literal('absolute').optional(),
});

export type BertConfig = z.infer<typeof bertFields>;

/** A schema that also refuses sizes which do not go together. */
export function soundBert<Schema extends z.ZodType<BertConfig>>(schema: Schema): Schema {
  return schema
    .refine(({ hidden_size, num_attention_heads }) => hidden_size % num_attention_heads === 0, {
      path: ['num_attention_heads'],
      error: 'to divide hidden_size',
    })
    .refine((config) => isToken(paddingOf(config) ?? 0, config), {
      path: ['pad_token_id'],
      error: 'to be from 0 to vocab_size - 1',
    });
}

export const bertSchema = soundBert(bertFields);

/** The token of padding, if there is one: 0 where the configuration says nothing. */
export function paddingOf({ pad_token_id = 0 }: PretrainedConfig): number | undefined {
  return pad_token_id ?? undefined;
}

/** The probability that a feature is dropped before a classifier. */
export function classifierDropout({ classifier_dropout, hidden_dropout_prob }: BertConfig): number {
  return classifier_dropout ?? hidden_dropout_prob;
}

/** Whether an id is one of a vocabulary. */
export function isToken(id: number, { vocab_size }: { vocab_size: number }): boolean {
  return id >= 0 && id < vocab_size;
}

// SPDX-License-Identifier: Apache-2.0
// T5's configuration, as config.json has it.

import { z } from 'zod';

import { type ActivationName, activationField } from '../pretrained/activations.ts';
import { pretrainedFields } from '../pretrained/architecture.ts';

const size = z.int().min(1);
const token = z.int().min(0);

/** What stands before the name of an activation where its output is multiplied by a second linear map. */
const GATED = 'gated-';

const feedForwardNames = activationField.options.flatMap((name) => [name, `${GATED}${name}` as const]);

const t5Fields = pretrainedFields.extend({
  vocab_size: size.default(32128),
  d_model: size.default(512),
  d_kv: size.default(64), // features of a head: their sum need not be d_model
  d_ff: size.default(2048),
  num_layers: size.default(6),
  num_decoder_layers: size.nullish(), // default: num_layers
  num_heads: size.default(8),
  relative_attention_num_buckets: z.int().min(4).default(32),
  relative_attention_max_distance: size.default(128),
  dropout_rate: z.number().min(0).lt(1).default(0.1),
  layer_norm_epsilon: z.number().min(0).default(1e-6),
  initializer_factor: z.number().min(0).default(1),
  feed_forward_proj: z.enum(feedForwardNames).default('relu'),
  dense_act_fn: activationField.nullish(), // default: as feed_forward_proj says
  is_gated_act: z.boolean().nullish(), // default: as feed_forward_proj says
  scale_decoder_outputs: z.boolean().nullish(), // default: tie_word_embeddings
  pad_token_id: token.nullable().default(0).optional(),
  eos_token_id: z
    .union([token, z.array(token)])
    .nullable()
    .default(1)
    .optional(),
  decoder_start_token_id: token.nullish(), // default: pad_token_id
});

export type T5Config = z.infer<typeof t5Fields>;

/** A schema that also refuses buckets which do not go together. */
function sound<Schema extends z.ZodType<T5Config>>(schema: Schema): Schema {
  return schema.refine(
    ({ relative_attention_num_buckets: buckets, relative_attention_max_distance: distance }) => distance > buckets / 2,
    { path: ['relative_attention_max_distance'], error: 'to be above half of relative_attention_num_buckets' },
  );
}

export const t5Schema = sound(t5Fields);

/** Of published mT5 models: T5 1.1 by default, in sizes of its own. The decoder's output is never scaled. */
export const mt5Schema = sound(
  t5Fields.extend({
    vocab_size: size.default(250112),
    d_ff: size.default(1024),
    num_layers: size.default(8),
    num_heads: size.default(6),
    feed_forward_proj: z.enum(feedForwardNames).default('gated-gelu'),
    scale_decoder_outputs: z.literal(false).default(false),
    decoder_start_token_id: token.nullable().default(0).optional(),
  }),
);

/** The feed-forward network that a configuration names: `gated-gelu` has always meant `gelu_new`. */
export function feedForwardOf(config: T5Config): { readonly activation: ActivationName; readonly isGated: boolean } {
  const { feed_forward_proj: name, dense_act_fn, is_gated_act } = config;
  const isGated = name.startsWith(GATED);
  const named = activationField.parse(isGated ? name.slice(GATED.length) : name);
  const activation = name === 'gated-gelu' ? 'gelu_new' : named;
  return { activation: dense_act_fn ?? activation, isGated: is_gated_act ?? isGated };
}

/** Whether the decoder's output is scaled by `1 / sqrt(d_model)` before the logits: so it is where their matrix is the embedding. */
export function scalesOutput({ scale_decoder_outputs, tie_word_embeddings }: T5Config): boolean {
  return scale_decoder_outputs ?? tie_word_embeddings;
}

/**
 * Whether the matrix of the logits is the embedding. transformers 5 writes `tie_word_embeddings` true for every T5, as the embeddings
 * of encoder and decoder are always one; then `scale_decoder_outputs` tells those with a matrix of their own.
 */
export function tiesOutput(config: T5Config): boolean {
  return config.tie_word_embeddings && scalesOutput(config);
}

// SPDX-License-Identifier: Apache-2.0
// The configurations of Llama and of the families that share its network, as config.json has them.

import { z } from 'zod';

import { activationField } from '../pretrained/activations.ts';
import { pretrainedFields } from '../pretrained/architecture.ts';
import { labelFields } from '../pretrained/labels.ts';
import { ropeConfigFields, ropeOf, wrongFactors } from './rope.ts';

const size = z.int().min(1);

/** What all of them have, with Llama's defaults. */
const decoderFields = pretrainedFields.extend({
  ...labelFields,
  vocab_size: size.default(32000),
  hidden_size: size.default(4096),
  intermediate_size: size.default(11008),
  num_hidden_layers: size.default(32),
  num_attention_heads: size.default(32),
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  hidden_act: activationField.default('silu'),
  rms_norm_eps: z.number().min(0).default(1e-6),
  attention_dropout: z.number().min(0).lt(1).default(0),
  tie_word_embeddings: z.boolean().default(false),
  ...ropeConfigFields,
  max_position_embeddings: size.default(2048),
});

/** A configuration of any of the families. */
export type DecoderConfig = z.infer<typeof decoderFields>;

/** Features of an attention head. */
export function headSizeOf({ head_dim, hidden_size, num_attention_heads }: DecoderConfig): number {
  return head_dim ?? hidden_size / num_attention_heads;
}

/** Heads of keys and values. */
export function keyHeadsOf({ num_key_value_heads, num_attention_heads }: DecoderConfig): number {
  return num_key_value_heads ?? num_attention_heads;
}

/** A schema that also refuses sizes which do not go together. */
function sound<Schema extends z.ZodType<DecoderConfig>>(schema: Schema): Schema {
  return schema
    .refine((config) => Number.isInteger(headSizeOf(config)), {
      path: ['num_attention_heads'],
      error: 'to divide hidden_size',
      abort: true,
    })
    .refine((config) => config.num_attention_heads % keyHeadsOf(config) === 0, {
      path: ['num_key_value_heads'],
      error: 'to divide num_attention_heads',
    })
    .refine((config) => headSizeOf(config) % 2 === 0, {
      path: ['head_dim'],
      error: 'or hidden_size / num_attention_heads to be even',
      abort: true,
    })
    .refine((config) => ropeOf(config, 2).type !== 'dynamic' || headSizeOf(config) > 2, {
      path: ['head_dim'],
      error: 'to be above 2, for positions of type dynamic',
    })
    .superRefine((config, context) => {
      const list = wrongFactors(ropeOf(config, headSizeOf(config)));
      if (list === undefined) return;
      const path = [config.rope_scaling ? 'rope_scaling' : 'rope_parameters', list];
      const message = `to have one number for each of ${headSizeOf(config) / 2} pairs of features`;
      context.addIssue({ code: 'custom', path, message });
    });
}

/** Of published Llama models. A `num_key_value_heads` that is missing means that each head has keys of its own. */
export const llamaSchema = sound(
  decoderFields.extend({
    attention_bias: z.boolean().default(false), // of all four maps of attention
    mlp_bias: z.boolean().default(false),
    bos_token_id: pretrainedFields.shape.bos_token_id.prefault(1),
    eos_token_id: pretrainedFields.shape.eos_token_id.prefault(2),
  }),
);

/** Of published Mistral models: no biases, and attention within a window where `sliding_window` is a number. */
export const mistralSchema = sound(
  decoderFields.extend({
    intermediate_size: size.default(14336),
    num_key_value_heads: size.nullable().default(8),
    max_position_embeddings: size.default(131072),
    sliding_window: size.nullable().default(4096),
    bos_token_id: pretrainedFields.shape.bos_token_id.prefault(1),
    eos_token_id: pretrainedFields.shape.eos_token_id.prefault(2),
  }),
);

const LAYER_TYPES = ['full_attention', 'sliding_attention'] as const;

/** Of published Qwen2 and Qwen2.5 models: biases of queries, keys and values, and windows in some of the layers. */
export const qwen2Schema = sound(
  decoderFields.extend({
    vocab_size: size.default(151936),
    intermediate_size: size.default(22016),
    num_key_value_heads: size.nullable().default(32),
    max_position_embeddings: size.default(32768),
    use_sliding_window: z.boolean().default(false),
    sliding_window: size.nullable().default(4096),
    max_window_layers: z.int().min(0).default(28),
    layer_types: z.array(z.enum(LAYER_TYPES)).nullish(),
  }),
).superRefine(({ layer_types: types, num_hidden_layers: layers, use_sliding_window, sliding_window }, context) => {
  if (types === undefined || types === null) return;
  if (types.length !== layers) {
    context.addIssue({
      code: 'custom',
      path: ['layer_types'],
      message: `to have one type for each of ${layers} layers`,
    });
  }
  if (types.includes('sliding_attention') && (!use_sliding_window || sliding_window === null)) {
    const message = 'to be true, and sliding_window a number, since layer_types has sliding_attention';
    context.addIssue({ code: 'custom', path: ['use_sliding_window'], message });
  }
});

export type LlamaConfig = z.infer<typeof llamaSchema>;
export type MistralConfig = z.infer<typeof mistralSchema>;
export type Qwen2Config = z.infer<typeof qwen2Schema>;

// SPDX-License-Identifier: Apache-2.0
// BART's configuration, as config.json has it.

import { z } from 'zod';

import { activationField } from '../pretrained/activations.ts';
import { pretrainedFields } from '../pretrained/architecture.ts';
import { labelCount, labelFields } from '../pretrained/labels.ts';

const size = z.int().min(1);
const token = z.int().min(0);
const probability = z.number().min(0).lt(1);

/** What BART has, and the families that are BART with other defaults. */
export const bartFields = pretrainedFields.extend({
  ...labelFields,
  classifier_dropout: probability.default(0),
  vocab_size: size.default(50265),
  max_position_embeddings: size.default(1024),
  d_model: size.default(1024),
  encoder_layers: size.default(12),
  encoder_ffn_dim: size.default(4096),
  encoder_attention_heads: size.default(16),
  decoder_layers: size.default(12),
  decoder_ffn_dim: size.default(4096),
  decoder_attention_heads: size.default(16),
  encoder_layerdrop: probability.default(0),
  decoder_layerdrop: probability.default(0),
  activation_function: activationField.default('gelu'),
  dropout: probability.default(0.1),
  attention_dropout: probability.default(0),
  activation_dropout: probability.default(0),
  init_std: z.number().min(0).default(0.02),
  scale_embedding: z.boolean().default(false),
  normalize_embedding: z.boolean().default(true), // a norm of the embeddings
  normalize_before: z.boolean().default(false), // pre-norm instead of post-norm
  add_final_layer_norm: z.boolean().default(false), // a norm after the last layer
  bos_token_id: z
    .union([token, z.array(token)])
    .nullable()
    .default(0)
    .optional(),
  eos_token_id: z
    .union([token, z.array(token)])
    .nullable()
    .default(2)
    .optional(),
  forced_eos_token_id: z
    .union([token, z.array(token)])
    .nullable()
    .default(2), // the last token where a text reaches its greatest length
  pad_token_id: token.nullable().default(1).optional(),
  decoder_start_token_id: token.nullable().default(2),
});

export type BartConfig = z.infer<typeof bartFields>;

/** A schema that also refuses sizes which do not go together. */
export function soundBart<Schema extends z.ZodType<BartConfig>>(schema: Schema): Schema {
  return schema
    .refine(({ d_model, encoder_attention_heads: heads }) => d_model % heads === 0, {
      path: ['encoder_attention_heads'],
      error: 'to divide d_model',
    })
    .refine(({ d_model, decoder_attention_heads: heads }) => d_model % heads === 0, {
      path: ['decoder_attention_heads'],
      error: 'to divide d_model',
    });
}

export const bartSchema = soundBart(bartFields);

/** A configuration with a number of labels: 3 where it says nothing, as in BART's own, which were trained to tell entailment. */
export function withLabels(config: BartConfig): BartConfig {
  const isTold = config.id2label != null || config.num_labels != null;
  return isTold ? config : { ...config, num_labels: 3 };
}

export function bartLabelCount(config: BartConfig): number {
  return labelCount(withLabels(config));
}

/** The sizes of one of the two stacks. */
export interface BartStackShape {
  readonly layers: number;
  readonly heads: number;
  readonly inner: number; // features between the two linear maps of a layer
  readonly layerDrop: number; // probability of leaving a layer out while training
  readonly isDecoder: boolean;
}

export function encoderShape(config: BartConfig): BartStackShape {
  const { encoder_layers: layers, encoder_attention_heads: heads, encoder_ffn_dim: inner } = config;
  return { layers, heads, inner, layerDrop: config.encoder_layerdrop, isDecoder: false };
}

export function decoderShape(config: BartConfig): BartStackShape {
  const { decoder_layers: layers, decoder_attention_heads: heads, decoder_ffn_dim: inner } = config;
  return { layers, heads, inner, layerDrop: config.decoder_layerdrop, isDecoder: true };
}

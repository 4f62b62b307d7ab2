// SPDX-License-Identifier: Apache-2.0
// The vision transformer's configuration, as config.json has it.

import { z } from 'zod';

import { activationField } from '../pretrained/activations.ts';
import { pretrainedFields } from '../pretrained/architecture.ts';
import { labelFields } from '../pretrained/labels.ts';
import { hasPatch, lengthsField } from '../pretrained/patches.ts';

const size = z.int().min(1);
const probability = z.number().min(0).lt(1);

export const vitSchema = pretrainedFields
  .extend({
    hidden_size: size.default(768),
    num_hidden_layers: size.default(12),
    num_attention_heads: size.default(12),
    intermediate_size: size.default(3072),
    hidden_act: activationField.default('gelu'),
    hidden_dropout_prob: probability.default(0),
    attention_probs_dropout_prob: probability.default(0),
    layer_norm_eps: z.number().min(0).default(1e-12),
    image_size: lengthsField.default(224),
    patch_size: lengthsField.default(16),
    num_channels: size.default(3),
    qkv_bias: z.boolean().default(true),
    pooler_output_size: size.max(2 ** 16).nullish(), // made before a checkpoint has confirmed it, which may lack a pooler
    pooler_act: activationField.default('tanh'),
    ...labelFields,
  })
  .refine(({ hidden_size, num_attention_heads: heads }) => hidden_size % heads === 0, {
    path: ['num_attention_heads'],
    error: 'to divide hidden_size',
  })
  .refine(hasPatch, { path: ['patch_size'], error: 'to be at most image_size' });

export type ViTConfig = z.infer<typeof vitSchema>;

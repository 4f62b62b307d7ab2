// SPDX-License-Identifier: Apache-2.0
// GPT-2's configuration, as config.json has it.

import { z } from 'zod';

import { activationField } from '../pretrained/activations.ts';
import { pretrainedFields } from '../pretrained/architecture.ts';
import { labelFields } from '../pretrained/labels.ts';

const size = z.int().min(1);
const probability = z.number().min(0).lt(1);

export const gpt2Schema = pretrainedFields
  .extend({
    ...labelFields,
    vocab_size: size.default(50257),
    n_positions: size.default(1024),
    n_embd: size.default(768),
    n_layer: size.default(12),
    n_head: size.default(12),
    n_inner: size.nullish(),
    activation_function: activationField.default('gelu_new'),
    layer_norm_epsilon: z.number().min(0).default(1e-5),
    embd_pdrop: probability.default(0.1),
    attn_pdrop: probability.default(0.1),
    resid_pdrop: probability.default(0.1),
    scale_attn_weights: z.boolean().default(true),
    scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  })
  .refine(({ n_embd, n_head }) => n_embd % n_head === 0, { path: ['n_head'], error: 'to divide n_embd' });

export type GPT2Config = z.infer<typeof gpt2Schema>;

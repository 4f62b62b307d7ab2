// SPDX-License-Identifier: Apache-2.0
// DistilBERT's configuration, as config.json has it.

import { z } from 'zod';

import { isToken, paddingOf } from '../bert/config.ts';
import { activationField } from '../pretrained/activations.ts';
import { pretrainedFields } from '../pretrained/architecture.ts';
import { labelFields } from '../pretrained/labels.ts';

const size = z.int().min(1);
const probability = z.number().min(0).lt(1);

export const distilBertSchema = pretrainedFields
  .extend({
    ...labelFields,
    vocab_size: size.default(30522),
    dim: size.default(768), // features of a token
    n_layers: size.default(6),
    n_heads: size.default(12),
    hidden_dim: size.default(3072), // features between the two linear maps of a layer
    activation: activationField.default('gelu'),
    max_position_embeddings: size.default(512),
    dropout: probability.default(0.1),
    attention_dropout: probability.default(0.1),
    qa_dropout: probability.default(0.1),
    seq_classif_dropout: probability.default(0.2),
  })
  .refine(({ dim, n_heads }) => dim % n_heads === 0, { path: ['n_heads'], error: 'to divide dim' })
  .refine((config) => isToken(paddingOf(config) ?? 0, config), {
    path: ['pad_token_id'],
    error: 'to be from 0 to vocab_size - 1',
  });

export type DistilBertConfig = z.infer<typeof distilBertSchema>;

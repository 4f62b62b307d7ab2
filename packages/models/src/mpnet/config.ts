// SPDX-License-Identifier: Apache-2.0
// MPNet's configuration, as config.json has it.

import { z } from 'zod';

import { bertFields, soundBert } from '../bert/config.ts';
import { pretrainedFields } from '../pretrained/architecture.ts';

/** The token of padding, and its position: no field of the configuration changes it. */
export const PADDING = 1;

/** Buckets of distances: the original computes with so many, whatever the configuration says. */
export const BUCKETS = 32;

export const mpnetSchema = soundBert(
  bertFields.extend({
    vocab_size: z
      .int()
      .min(PADDING + 1)
      .default(30527),
    max_position_embeddings: z
      .int()
      .min(PADDING + 2)
      .default(512),
    relative_attention_num_buckets: z.literal(BUCKETS).default(BUCKETS),
    is_decoder: z.literal(false).default(false),
    pad_token_id: z.literal(PADDING).default(PADDING),
    bos_token_id: pretrainedFields.shape.bos_token_id.prefault(0),
    eos_token_id: pretrainedFields.shape.eos_token_id.prefault(2),
  }),
);

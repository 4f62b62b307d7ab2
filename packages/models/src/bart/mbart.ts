// SPDX-License-Identifier: Apache-2.0
// mBART: BART of many languages, with norms before the parts of a layer, under its own name.

import { type Generator, type Tensor, tensor2d } from '@nabla/core';
import { z } from 'zod';

import { IGNORED } from '../generation/causal-model.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { type BartConfig, bartFields, soundBart } from './config.ts';
import { BartForConditionalGeneration, BartModel } from './model.ts';

const always = z.literal(true).default(true);

/** Of published mBART models: the norms are no choice, and a text begins with a token of its language. */
export const mbartSchema = soundBart(
  bartFields.extend({
    normalize_embedding: always,
    normalize_before: always,
    add_final_layer_norm: always,
    decoder_start_token_id: z.int().min(0).nullable().default(null),
  }),
);

/**
 * mBART without a head.
 *
 * @see Liu et al. 2020, https://arxiv.org/abs/2001.08210
 */
export class MBartModel extends BartModel {
  static override readonly architecture: Architecture<BartConfig> = {
    ...BartModel.architecture,
    name: 'MBartModel',
    modelType: 'mbart',
    schema: mbartSchema,
  };

  constructor(config: Partial<BartConfig>, generator: Generator) {
    super(mbartSchema.parse(config), generator);
  }
}

/**
 * mBART that writes a text for one that it reads. Which language it writes, the first token says: `decoder_start_token_id`, or in mBART-50
 * `forced_bos_token_id`.
 *
 * @see Liu et al. 2020, https://arxiv.org/abs/2001.08210; mBART-50: Tang et al. 2020, https://arxiv.org/abs/2008.00401
 */
export class MBartForConditionalGeneration extends BartForConditionalGeneration {
  static override readonly architecture: Architecture<BartConfig> = {
    ...BartForConditionalGeneration.architecture,
    name: 'MBartForConditionalGeneration',
    modelType: 'mbart',
    schema: mbartSchema,
  };

  constructor(config: Partial<BartConfig>, generator: Generator) {
    super(mbartSchema.parse(config), generator);
  }

  /** What the configuration says, else the token that texts begin with. */
  override get decoderStart(): number {
    const { decoder_start_token_id: start, bos_token_id } = this.config;
    return start ?? [bos_token_id ?? 0].flat()[0] ?? 0;
  }

  /**
   * The decoder's tokens for labels: the last one comes first, and the others follow it. It is the token of the language, in mBART-50 that of
   * the end.
   *
   * @param labels int32 `[batch, time]`, -100 where they do not count
   * @example
   * const sizes = { encoder_ffn_dim: 8, decoder_ffn_dim: 8, encoder_attention_heads: 2, decoder_attention_heads: 2 };
   * const config = { vocab_size: 9, max_position_embeddings: 8, d_model: 4, encoder_layers: 1, decoder_layers: 1, ...sizes };
   * const model = new MBartForConditionalGeneration(config, new Generator(1));
   * model.decoderTokensFor(tensor2d([[5, 6, 2, 8], [7, 2, 8, -100]], [2, 4], 'int32')); // [[8, 5, 6, 2], [8, 7, 2, 8]]
   */
  override decoderTokensFor(labels: Tensor): Tensor {
    const [batch = 0, time = 0] = labels.shape;
    const padding = this.config.pad_token_id ?? 1;
    const tokens = Int32Array.from(labels.dataSync(), (label) => (label === IGNORED ? padding : label));
    const shifted = new Int32Array(tokens.length);
    for (let begin = 0; begin < tokens.length; begin += time) {
      const row = tokens.subarray(begin, begin + time);
      const last = row.reduce((count, token) => (token === padding ? count : count + 1), 0) - 1;
      shifted[begin] = row.at(last) ?? padding;
      shifted.set(row.subarray(0, -1), begin + 1);
    }
    return tensor2d(shifted, [batch, time], 'int32');
  }
}

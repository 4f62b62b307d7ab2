// SPDX-License-Identifier: Apache-2.0
// RoBERTa: BERT whose positions count tokens alone and begin after that of padding. XLM-RoBERTa is the same under its own name.

import type { Generator } from '@nabla/core';

import { BertModel, type BertModelOptions, bertAnchors } from '../bert/model.ts';
import type { BertConfig } from '../bert/config.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { robertaSchema, xlmRobertaSchema } from './config.ts';

/**
 * RoBERTa without a head. With a `pad_token_id` of p, the first token has position p + 1, and padding has position p: a table of n positions is
 * enough for n - p - 1 tokens.
 *
 * @see Liu et al. 2019, https://arxiv.org/abs/1907.11692
 * @example
 * const sizes = { hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8 };
 * const model = new RobertaModel({ ...sizes, vocab_size: 9, max_position_embeddings: 10 }, new Generator(1));
 * [model.context, model.forward(tensor2d([[0, 5, 2]], [1, 3], 'int32')).shape]; // [8, [1, 3, 4]]
 */
export class RobertaModel extends BertModel {
  static override readonly architecture: Architecture<BertConfig> = {
    name: 'RobertaModel',
    modelType: 'roberta',
    schema: robertaSchema,
    prefix: 'roberta',
    anchors: bertAnchors(''),
  };

  constructor(config: Partial<BertConfig>, generator: Generator, { pooler = true }: BertModelOptions = {}) {
    super(robertaSchema.parse(config), generator, { pooler, positionsAfterPadding: true });
  }
}

/** RoBERTa of a hundred languages. See Conneau et al. 2019, https://arxiv.org/abs/1911.02116. */
export class XLMRobertaModel extends RobertaModel {
  static override readonly architecture = asXLM(RobertaModel.architecture);
}

/** The architecture of XLM-RoBERTa for one of RoBERTa: the prefix in checkpoints is the same. */
export function asXLM(architecture: Architecture<BertConfig>): Architecture<BertConfig> {
  return { ...architecture, name: `XLM${architecture.name}`, modelType: 'xlm-roberta', schema: xlmRobertaSchema };
}

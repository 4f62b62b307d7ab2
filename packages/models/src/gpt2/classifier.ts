// SPDX-License-Identifier: Apache-2.0
// GPT-2 that tells classes of texts apart.

import type { Generator } from '@nabla/core';

import { LastTokenClassifier } from '../heads/last-token-classifier.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { labelCount } from '../pretrained/labels.ts';
import type { GPT2Config } from './config.ts';
import { GPT2Model, gpt2Anchors } from './model.ts';

/**
 * GPT-2 that tells classes of texts apart by their last token; see {@link LastTokenClassifier}.
 *
 * @example
 * const sizes = { vocab_size: 9, n_positions: 8, n_embd: 4, n_layer: 1, n_head: 2 };
 * const model = new GPT2ForSequenceClassification({ ...sizes, num_labels: 3, pad_token_id: 0 }, new Generator(1));
 * model.forward(tensor2d([[1, 2, 3], [4, 0, 0]], [2, 3], 'int32')).shape; // [2, 3]
 */
export class GPT2ForSequenceClassification extends LastTokenClassifier<GPT2Config> {
  static readonly architecture: Architecture<GPT2Config> = {
    ...GPT2Model.architecture,
    name: 'GPT2ForSequenceClassification',
    anchors: gpt2Anchors('transformer.'),
    headAnchors: (config) => ({ 'score.weight': [labelCount(config), config.n_embd] }),
  };

  readonly transformer: GPT2Model;

  constructor(config: Partial<GPT2Config>, generator: Generator) {
    const transformer = new GPT2Model(config, generator);
    super(transformer.config, transformer.config.n_embd, generator);
    this.transformer = transformer;
  }

  get decoder(): GPT2Model {
    return this.transformer;
  }

  get context(): number {
    return this.config.n_positions;
  }
}

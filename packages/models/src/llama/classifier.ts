// SPDX-License-Identifier: Apache-2.0
// Llama, Mistral and Qwen2 that tell classes of texts apart, or give them numbers, as models of rewards do.

import type { Generator } from '@nabla/core';

import { LastTokenClassifier } from '../heads/last-token-classifier.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { labelCount } from '../pretrained/labels.ts';
import type { DecoderConfig, LlamaConfig, MistralConfig, Qwen2Config } from './config.ts';
import { LlamaModel, MistralModel, Qwen2Model, withHead } from './model.ts';
import type { RotaryDecoder } from './network.ts';

/** A {@link RotaryDecoder} that tells classes of texts apart by their last token; see {@link LastTokenClassifier}. */
export class RotaryDecoderForSequenceClassification<Config extends DecoderConfig> extends LastTokenClassifier<Config> {
  readonly model: RotaryDecoder<Config>;

  constructor(model: RotaryDecoder<Config>, generator: Generator) {
    super(model.config, model.config.hidden_size, generator);
    this.model = model;
  }

  get decoder(): RotaryDecoder<Config> {
    return this.model;
  }

  get context(): number {
    return this.config.max_position_embeddings;
  }
}

/** Llama that tells classes of texts apart. */
export class LlamaForSequenceClassification extends RotaryDecoderForSequenceClassification<LlamaConfig> {
  static readonly architecture = withScore(LlamaModel.architecture, 'LlamaForSequenceClassification');

  constructor(config: Partial<LlamaConfig>, generator: Generator) {
    super(new LlamaModel(config, generator), generator);
  }
}

/** Mistral that tells classes of texts apart. */
export class MistralForSequenceClassification extends RotaryDecoderForSequenceClassification<MistralConfig> {
  static readonly architecture = withScore(MistralModel.architecture, 'MistralForSequenceClassification');

  constructor(config: Partial<MistralConfig>, generator: Generator) {
    super(new MistralModel(config, generator), generator);
  }
}

/** Qwen2 that tells classes of texts apart. */
export class Qwen2ForSequenceClassification extends RotaryDecoderForSequenceClassification<Qwen2Config> {
  static readonly architecture = withScore(Qwen2Model.architecture, 'Qwen2ForSequenceClassification');

  constructor(config: Partial<Qwen2Config>, generator: Generator) {
    super(new Qwen2Model(config, generator), generator);
  }
}

function withScore<Config extends DecoderConfig>(inner: Architecture<Config>, name: string): Architecture<Config> {
  return {
    ...withHead(inner, name),
    headAnchors: (config) => ({ 'score.weight': [labelCount(config), config.hidden_size] }),
  };
}

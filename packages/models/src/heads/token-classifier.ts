// SPDX-License-Identifier: Apache-2.0
// A class for each token of a text: names of people and places, parts of speech.

import type { Generator, Tensor } from '@nabla/core';
import { Dropout, Linear, Module, crossEntropy } from '@nabla/layers';

import { IGNORED } from '../generation/causal-model.ts';
import type { PretrainedModel } from '../pretrained/architecture.ts';
import { labelCount } from '../pretrained/labels.ts';
import type { EncoderInputs, EncoderModel } from './encoder-model.ts';
import type { ClassifierConfig } from './text-classifier.ts';

/** An encoder that tells classes of tokens apart: `dropout(features) · weightᵀ + bias`. */
export abstract class TokenClassifier<Config extends ClassifierConfig>
  extends Module
  implements PretrainedModel<Config>
{
  readonly dropout: Dropout;
  readonly classifier: Linear;
  readonly config: Config;

  /** @param dropout  the probability that a feature is dropped before the classifier */
  constructor({ config, features }: EncoderModel<Config>, dropout: number, generator: Generator) {
    super();
    this.dropout = new Dropout(dropout, { generator });
    this.classifier = new Linear(features, labelCount(config), { generator });
    this.config = config;
  }

  /** The network under the head. */
  abstract get encoder(): EncoderModel<Config>;

  /** int32 `[batch, time]` → logits `[batch, time, labels]`. */
  override forward(tokens: Tensor, inputs: EncoderInputs = {}): Tensor {
    return this.classifier.forward(this.dropout.forward(this.encoder.forward(tokens, inputs)));
  }

  /**
   * Mean cost in nats of the labels.
   *
   * @param labels int32 `[batch, time]`: the class of each token; -100 where it does not count, as for special tokens
   */
  loss(tokens: Tensor, labels: Tensor, inputs: EncoderInputs = {}): Tensor {
    return crossEntropy(this.forward(tokens, inputs), labels, { ignoreIndex: IGNORED });
  }
}

// SPDX-License-Identifier: Apache-2.0
// Answers that stand in the text: where one begins and where it ends.

import { type Generator, type Tensor, add, div, split, squeeze, tensor1d } from '@nabla/core';
import { Dropout, Linear, Module, crossEntropy } from '@nabla/layers';

import { IGNORED } from '../generation/causal-model.ts';
import type { PretrainedConfig, PretrainedModel } from '../pretrained/architecture.ts';
import type { EncoderInputs, EncoderModel } from './encoder-model.ts';

/** How likely an answer begins and ends at each token: logits `[batch, time]`. */
export interface AnswerLogits {
  readonly start: Tensor;
  readonly end: Tensor;
}

/** The first and the last token of each text's answer, int32 `[batch]`. */
export interface AnswerPlaces {
  readonly start: Tensor;
  readonly end: Tensor;
}

/**
 * An encoder that finds the answer to a question in a text: both are given as a pair, and two numbers for each token say whether an
 * answer begins or ends there.
 *
 * @see Devlin et al. 2018, section 4.2, https://arxiv.org/abs/1810.04805
 */
export abstract class QuestionAnswerer<Config extends PretrainedConfig>
  extends Module
  implements PretrainedModel<Config>
{
  readonly dropout: Dropout;
  readonly qa_outputs: Linear;
  readonly config: Config;

  /** @param dropout  the probability that a feature is dropped before the head */
  constructor({ config, features }: EncoderModel<Config>, dropout: number, generator: Generator) {
    super();
    this.dropout = new Dropout(dropout, { generator });
    this.qa_outputs = new Linear(features, 2, { generator });
    this.config = config;
  }

  /** The network under the head. */
  abstract get encoder(): EncoderModel<Config>;

  /** int32 `[batch, time]` → logits of both ends of an answer. */
  override forward(tokens: Tensor, inputs: EncoderInputs = {}): AnswerLogits {
    const logits = this.qa_outputs.forward(this.dropout.forward(this.encoder.forward(tokens, inputs))); // [batch, time, 2]
    const [start, end] = split(logits, 2, -1).map((part) => squeeze(part, [-1])) as [Tensor, Tensor];
    return { start, end };
  }

  /**
   * Mean cost in nats of finding both ends.
   *
   * @param answers an end behind the text, as where the text was cut, does not count
   */
  loss(tokens: Tensor, { start, end }: AnswerPlaces, inputs: EncoderInputs = {}): Tensor {
    const logits = this.forward(tokens, inputs);
    return div(add(costOf(logits.start, start), costOf(logits.end, end)), 2);
  }
}

function costOf(logits: Tensor, places: Tensor): Tensor {
  const [, time = 0] = logits.shape;
  const labels = Array.from(places.dataSync(), (place) => (place < time ? Math.max(place, 0) : IGNORED));
  return crossEntropy(logits, tensor1d(labels, 'int32'), { ignoreIndex: IGNORED });
}

// SPDX-License-Identifier: Apache-2.0
// BART that tells classes of texts apart, such as whether one text follows from another.

import { ArgumentError, type Generator, type Tensor, gather, reshape, tensor1d } from '@nabla/core';
import { Dropout, Linear, Module } from '@nabla/layers';

import { shiftRight } from '../generation/encoder-decoder-model.ts';
import type { EncoderInputs } from '../heads/encoder-model.ts';
import { TextClassifier } from '../heads/text-classifier.ts';
import { activatedLinear } from '../pretrained/activated-linear.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { type BartConfig, bartLabelCount, withLabels } from './config.ts';
import { BartModel, EMBEDDINGS, bartAnchors } from './model.ts';

/** `out_proj(tanh(dense(x)))`, with dropout before each map. */
class BartClassificationHead extends Module {
  readonly dense: Linear;
  readonly dropout: Dropout;
  readonly out_proj: Linear;

  constructor(config: BartConfig, generator: Generator) {
    super();
    const { d_model: features, classifier_dropout } = config;
    this.dense = new Linear(features, features, { generator });
    this.dropout = new Dropout(classifier_dropout, { generator });
    this.out_proj = new Linear(features, bartLabelCount(config), { generator });
  }

  /** `[batch, features]` → `[batch, labels]`. */
  override forward(x: Tensor): Tensor {
    const hidden = activatedLinear(this.dropout.forward(x), this.dense, 'tanh');
    return this.out_proj.forward(this.dropout.forward(hidden));
  }
}

/**
 * BART that tells classes of texts apart: both stacks read the text, and the head sees what the decoder makes of the last end token.
 *
 * @see Lewis et al. 2019, section 3.1, https://arxiv.org/abs/1910.13461
 */
export class BartForSequenceClassification extends TextClassifier<BartConfig> {
  static readonly architecture: Architecture<BartConfig> = {
    ...BartModel.architecture,
    name: 'BartForSequenceClassification',
    aliases: () => ({ 'model.shared.weight': EMBEDDINGS.map((name) => `model.${name}`) }),
    anchors: bartAnchors('model.'),
    headAnchors: (config) => ({ 'classification_head.out_proj.weight': [bartLabelCount(config), config.d_model] }),
  };

  readonly model: BartModel;
  readonly classification_head: BartClassificationHead;
  readonly config: BartConfig;

  constructor(config: Partial<BartConfig>, generator: Generator) {
    super();
    this.model = new BartModel(config, generator);
    this.config = withLabels(this.model.config);
    this.classification_head = new BartClassificationHead(this.config, generator);
  }

  get context(): number {
    return this.config.max_position_embeddings;
  }

  /**
   * int32 `[batch, time]` → logits `[batch, labels]`.
   *
   * @throws {ArgumentError} a text has no end token
   */
  override forward(tokens: Tensor, { attentionMask }: EncoderInputs = {}): Tensor {
    const { decoder_start_token_id: start, pad_token_id: padding } = this.config;
    const written = shiftRight(tokens, { decoderStart: start ?? 2, padding: padding ?? 1 });
    const hidden = this.model.forward(tokens, written, { sourceMask: attentionMask }); // [batch, time, features]
    const places = tensor1d(this.endsOf(tokens), 'int32');
    const ends = gather(reshape(hidden, [-1, this.config.d_model]), places); // [batch, features]
    return this.classification_head.forward(ends);
  }

  /** Where the last end token of each text stands in all texts, one after the other. */
  private endsOf(tokens: Tensor): number[] {
    const [batch = 0, time = 0] = tokens.shape;
    const end = this.config.eos_token_id ?? 2;
    const ids = tokens.dataSync();
    return Array.from({ length: batch }, (_, row) => {
      const place = ids.subarray(row * time, (row + 1) * time).lastIndexOf(Number(end));
      if (place >= 0) return row * time + place;
      const expected = `to have the end token ${String(end)} in each row: the head looks at it`;
      throw new ArgumentError({
        op: 'BartForSequenceClassification',
        argument: 'tokens',
        expected,
        received: `none in row ${row}`,
        hint: 'Let the tokenizer add its special tokens.',
      });
    });
  }
}

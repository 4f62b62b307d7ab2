// SPDX-License-Identifier: Apache-2.0
// Telling classes of texts apart by the last token, which is the only one that has seen all of the text where attention is causal.

import { ArgumentError, type Generator, type Tensor, checkShape, gather, reshape, tensor1d } from '@nabla/core';
import { Linear } from '@nabla/layers';

import type { DecoderInputs } from '../generation/decoder-mask.ts';
import type { PretrainedModel } from '../pretrained/architecture.ts';
import { labelCount } from '../pretrained/labels.ts';
import type { EncoderInputs } from './encoder-model.ts';
import { type ClassifierConfig, TextClassifier } from './text-classifier.ts';

/** A decoder without a head. */
export interface HeadlessDecoder<Config extends ClassifierConfig> extends PretrainedModel<Config> {
  forward(tokens: Tensor, inputs?: DecoderInputs): Tensor;
}

/** A decoder that classifies: `features of the last token · weightᵀ`. */
export abstract class LastTokenClassifier<Config extends ClassifierConfig> extends TextClassifier<Config> {
  readonly score: Linear;
  readonly config: Config;

  /** @param features  of a token */
  constructor(config: Config, features: number, generator: Generator) {
    super();
    this.score = new Linear(features, labelCount(config), { generator, bias: false });
    this.config = config;
  }

  /** The network under the head. */
  abstract get decoder(): HeadlessDecoder<Config>;

  /**
   * int32 `[batch, time]` → logits `[batch, labels]`. The last token is the last one that is not `pad_token_id`; where the configuration
   * has no such token, the last one that the mask shows.
   *
   * @throws {ArgumentError} there are several texts, and neither a padding token nor a mask tells where they end
   */
  override forward(tokens: Tensor, { attentionMask, positions }: EncoderInputs = {}): Tensor {
    const hidden = this.decoder.forward(tokens, { attentionMask, positions }); // [batch, time, features]
    const places = tensor1d(lastPlaces(tokens, this.config.pad_token_id ?? undefined, attentionMask), 'int32');
    const last = gather(reshape(hidden, [-1, hidden.shape.at(-1) ?? 0]), places); // [batch, features]
    return this.score.forward(last);
  }
}

/** Where the last token of each text stands in all texts, one after the other. Of a text of padding alone it is the first. */
function lastPlaces(tokens: Tensor, padding: number | undefined, attentionMask: Tensor | undefined): number[] {
  const [batch = 0, time = 0] = tokens.shape;
  if (attentionMask !== undefined) checkShape('LastTokenClassifier', 'attentionMask', attentionMask, [batch, time]);
  if (padding === undefined && attentionMask === undefined && batch > 1) {
    throw new ArgumentError({
      op: 'LastTokenClassifier',
      argument: 'attentionMask',
      expected: 'to be given for several texts, since the configuration has no pad_token_id',
      received: 'none',
    });
  }
  const [ids, shown] = [tokens.dataSync(), attentionMask?.dataSync()];
  const isToken = (i: number): boolean => (padding === undefined ? shown?.[i] !== 0 : ids[i] !== padding);
  return Array.from({ length: batch }, (_, row) => {
    let last = time - 1;
    while (last > 0 && !isToken(row * time + last)) last--;
    return row * time + last;
  });
}

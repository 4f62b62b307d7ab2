// SPDX-License-Identifier: Apache-2.0
// What a model must be to write: it predicts each next token from those before it.

import { type Tensor, pad, slice } from '@nabla/core';
import { crossEntropy } from '@nabla/layers';

import type { PretrainedConfig, PretrainedModel } from '../pretrained/architecture.ts';
import type { KeyValueCache } from './cache.ts';
import type { DecoderInputs } from './decoder-mask.ts';
import type { LayeredPass } from './layered-pass.ts';

/** A decoder-only language model. */
export interface CausalModel<Config extends PretrainedConfig = PretrainedConfig> extends PretrainedModel<Config> {
  /** Tokens in the vocabulary. */
  readonly vocabulary: number;
  /** Tokens that it sees at once, at most. */
  readonly context: number;
  /** An empty cache of its layers. */
  newCache(): KeyValueCache;
  /** int32 `[batch, time]` → `[batch, time, features]`, after the last norm. */
  hidden(tokens: Tensor, inputs?: DecoderInputs): Tensor;
  /** The same layer by layer, so that others get their turn in between. Of `tokens` and `inputs`, the first step alone reads. */
  byLayer(tokens: Tensor, inputs?: DecoderInputs): LayeredPass;
  /** `[...batch, features]` → `[...batch, vocabulary]`. */
  logits(hidden: Tensor): Tensor;
  /** int32 `[batch, time]` → logits of each next token `[batch, time, vocabulary]`. */
  forward(tokens: Tensor, inputs?: DecoderInputs): Tensor;
}

/** The label of a position that does not count. */
export const IGNORED = -100;

/**
 * Mean cost in nats of predicting each next token: logits at position t are for the label at t + 1. Labels of -100 do not count.
 *
 * @param logits `[batch, time, vocabulary]`
 * @param labels int32 `[batch, time]`: the tokens themselves, -100 where they are not to be learned
 */
export function nextTokenLoss(logits: Tensor, labels: Tensor): Tensor {
  const [batch = 0, time = 0] = labels.shape;
  // The labels move, and not the logits, which take as many times the memory as there are words.
  const moved = slice(labels, [0, 1], [batch, time - 1]);
  const next = pad(moved, [[0, 0], [0, 1]], IGNORED); // prettier-ignore
  return crossEntropy(logits, next, { ignoreIndex: IGNORED });
}

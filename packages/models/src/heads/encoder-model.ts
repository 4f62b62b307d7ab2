// SPDX-License-Identifier: Apache-2.0
// What a network is that reads a whole text at once, as BERT does, so that heads of all kinds fit on it.

import type { Tensor } from '@nabla/core';

import type { PretrainedConfig, PretrainedModel } from '../pretrained/architecture.ts';

/** What an encoder is told beside its tokens. */
export interface EncoderInputs {
  /** `[batch, time]`: 1 for a token, 0 for padding. Default: there is no padding. */
  readonly attentionMask?: Tensor | undefined;
  /** int32 `[batch, time]`: of which of two texts a token is. Default: all of the first, 0. Families without such types ignore it. */
  readonly tokenTypeIds?: Tensor | undefined;
  /** int32 `[batch, time]`: the position of each token. Default: what the family counts. */
  readonly positions?: Tensor | undefined;
}

/** A network that turns each token of a text into features. */
export interface EncoderModel<Config extends PretrainedConfig = PretrainedConfig> extends PretrainedModel<Config> {
  readonly config: Config & { readonly vocab_size: number };
  /** Features of a token. */
  readonly features: number;
  /** Tokens of a text, at most. */
  readonly context: number;
  /** int32 `[batch, time]` → `[batch, time, features]`. */
  forward(tokens: Tensor, inputs?: EncoderInputs): Tensor;
  /** The embeddings, then what each layer makes of them, `[batch, time, features]`. */
  hiddenStates(tokens: Tensor, inputs?: EncoderInputs): Tensor[];
}

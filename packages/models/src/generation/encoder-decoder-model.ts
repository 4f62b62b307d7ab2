// SPDX-License-Identifier: Apache-2.0
// What a model must be to turn one text into another: an encoder reads, a decoder writes.

import { type Tensor, tensor2d } from '@nabla/core';

import type { PretrainedConfig, PretrainedModel } from '../pretrained/architecture.ts';
import type { KeyValueCache } from './cache.ts';
import { IGNORED } from './causal-model.ts';
import type { DecoderInputs, VisibleKeys } from './decoder-mask.ts';
import type { LayeredPass } from './layered-pass.ts';

/** What a decoder sees of the text that was read. */
export interface Encoded {
  /** `[batch, time, features]`, as the encoder gave it. */
  readonly states: Tensor;
  /** `[batch, time]`: 1 for a token, 0 for padding. Default: there is no padding. */
  readonly attentionMask?: Tensor | undefined;
}

/** What is known beside the tokens of both texts. */
export interface EncoderDecoderInputs extends DecoderInputs {
  /** `[batch, sourceTime]`, of the text that is read: 1 for a token, 0 for padding. Default: there is no padding. */
  readonly sourceMask?: Tensor | undefined;
}

/** What a layer knows of the pass that it is part of. */
export interface EncoderDecoderPass extends VisibleKeys {
  readonly layer: number;
  readonly cache?: KeyValueCache | undefined;
  /** What the encoder gave, `[batch, sourceTime, features]`, for the layers of a decoder. */
  readonly source?: Tensor | undefined;
  /** bool `[batch, 1, 1, sourceTime]`: true where the source is no padding. */
  readonly sourceMask?: Tensor | undefined;
}

/** An encoder-decoder language model. */
export interface EncoderDecoderModel<
  Config extends PretrainedConfig = PretrainedConfig,
> extends PretrainedModel<Config> {
  /** Tokens in the vocabulary. */
  readonly vocabulary: number;
  /** Tokens that the decoder sees at once, at most; undefined where there is no limit. */
  readonly context?: number | undefined;
  /** The token that every written text begins with. */
  readonly decoderStart: number;
  /** An empty cache of the decoder's layers. */
  newCache(): KeyValueCache;
  /** int32 `[batch, time]` → what the decoder sees of it. */
  encode(tokens: Tensor, attentionMask?: Tensor): Encoded;
  /** The states of {@link encode}, layer by layer; its mask is then the one that is given. */
  encodeByLayer(tokens: Tensor, attentionMask?: Tensor): LayeredPass;
  /** int32 `[batch, time]` → the decoder's states after its last norm, `[batch, time, features]`. */
  decoderHidden(tokens: Tensor, encoded: Encoded, inputs?: DecoderInputs): Tensor;
  /** What {@link decoderHidden} computes, layer by layer. */
  decoderByLayer(tokens: Tensor, encoded: Encoded, inputs?: DecoderInputs): LayeredPass;
  /** `[...batch, features]` → `[...batch, vocabulary]`. */
  logits(hidden: Tensor): Tensor;
}

/**
 * The decoder's tokens while it learns: at each position the label before it, the first is the token that every text begins with.
 *
 * @param labels  int32 `[batch, time]`, -100 where they do not count
 * @param options `padding`: the token in place of -100
 * @example
 * shiftRight(tensor2d([[5, 6, -100]], [1, 3], 'int32'), { decoderStart: 0, padding: 1 }); // [[0, 5, 6]]
 */
export function shiftRight(
  labels: Tensor,
  { decoderStart, padding }: { decoderStart: number; padding: number },
): Tensor {
  const [batch = 0, time = 0] = labels.shape;
  const values = labels.dataSync();
  const shifted = Int32Array.from(values, (_, i) => {
    if (i % time === 0) return decoderStart;
    const before = values[i - 1] ?? IGNORED;
    return before === IGNORED ? padding : before;
  });
  return tensor2d(shifted, [batch, time], 'int32');
}

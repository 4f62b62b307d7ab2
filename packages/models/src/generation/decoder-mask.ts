// SPDX-License-Identifier: Apache-2.0
// Which tokens a decoder's tokens see: those before them, in the cache and not, that are no padding.

import { type Tensor, checkShape, tensor4d } from '@nabla/core';

import { shownKeys } from '../pretrained/shown-keys.ts';
import type { KeyValueCache } from './cache.ts';

/** What a decoder is told beside its tokens. */
export interface DecoderInputs {
  /** `[batch, time]`, those in the cache included: 1 for a token, 0 for padding. Default: there is no padding. */
  readonly attentionMask?: Tensor | undefined;
  /** int32 `[batch, time]`: the position of each token. Default: 0, 1, 2 …, after those in the cache. */
  readonly positions?: Tensor | undefined;
  /** What was seen before; the tokens are added to it. */
  readonly cache?: KeyValueCache | undefined;
}

/** What scaled dot-product attention is told. */
export interface VisibleKeys {
  readonly causal: boolean;
  /** bool, broadcastable to `[batch, heads, queryTime, keyTime]`: true where a query sees a key. */
  readonly mask?: Tensor;
}

/**
 * The mask of causal attention over `time` new tokens. Without a cache, or into an empty one, keys are those of the new tokens;
 * else all that the cache has room for, and what is not written yet is hidden.
 *
 * @param window  keys that a token sees, itself included: it and those right before it; default all
 */
export function decoderMask(
  batch: number,
  time: number,
  { attentionMask, cache }: DecoderInputs,
  window = Infinity,
): VisibleKeys {
  const past = cache?.time ?? 0;
  if (attentionMask !== undefined) checkShape('decoder', 'attentionMask', attentionMask, [batch, past + time]);
  if (past === 0 && time <= window) {
    if (attentionMask === undefined) return { causal: true };
    return { causal: true, mask: shownKeys(attentionMask) };
  }
  const causal = past === 0;
  const keys = causal ? time : (cache?.capacity(time) ?? 0);
  const shown = attentionMask?.dataSync();
  const rows = shown === undefined ? 1 : batch;
  const visible = new Uint8Array(rows * time * keys);
  for (let row = 0; row < rows; row++) {
    for (let query = 0; query < time; query++) {
      const begin = (row * time + query) * keys;
      for (let key = Math.max(0, past + query + 1 - window); key <= past + query; key++) {
        visible[begin + key] = shown === undefined || shown[row * (past + time) + key] !== 0 ? 1 : 0;
      }
    }
  }
  return { causal, mask: tensor4d(visible, [rows, 1, time, keys], 'bool') };
}

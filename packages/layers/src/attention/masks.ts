// SPDX-License-Identifier: Apache-2.0
// The masks of attention layers, as PyTorch says them, and what they are for the attention of all heads.

import { type Tensor, checkDtype, checkShape, fill, logicalAnd, logicalNot, reshape, where } from '@nabla/core';

export interface AttentionMasks {
  /** Position t sees positions 0 to t only; default false. */
  causal?: boolean;
  /** bool `[batch, keyTime]`, true where a key is padding and is not seen. */
  keyPaddingMask?: Tensor | undefined;
  /**
   * `[queryTime, keyTime]`, or `[batch * heads, queryTime, keyTime]`: bool, true where a query must not see a key; or float32,
   * added to the scores, where -Infinity hides.
   */
  attentionMask?: Tensor | undefined;
}

/** The names of {@link AttentionMasks}. */
export const MASKS: readonly string[] = ['causal', 'keyPaddingMask', 'attentionMask'];

/** The lengths that masks must match. */
export interface ScoresSizes {
  readonly batch: number;
  readonly heads: number;
  readonly queryTime: number;
  readonly keyTime: number;
}

/**
 * Both masks as one that broadcasts to `[batch, heads, queryTime, keyTime]`: bool, true where attention is allowed, or float32
 * where attentionMask is; undefined where there are none.
 */
export function combineMasks(
  op: string,
  { keyPaddingMask, attentionMask }: AttentionMasks,
  { batch, heads, queryTime, keyTime }: ScoresSizes,
): Tensor | undefined {
  let padding: Tensor | undefined;
  if (keyPaddingMask !== undefined) {
    checkShape(op, 'keyPaddingMask', keyPaddingMask, [batch, keyTime]);
    checkDtype(op, 'keyPaddingMask', keyPaddingMask, 'bool');
    padding = logicalNot(reshape(keyPaddingMask, [batch, 1, 1, keyTime]));
  }
  if (attentionMask === undefined) return padding;
  const ofHeads = attentionMask.rank === 3;
  checkShape(op, 'attentionMask', attentionMask, [...(ofHeads ? [batch * heads] : []), queryTime, keyTime]);
  checkDtype(op, 'attentionMask', attentionMask, 'bool', 'float32');
  const mask = ofHeads ? reshape(attentionMask, [batch, heads, queryTime, keyTime]) : attentionMask;
  if (mask.dtype === 'float32') return padding === undefined ? mask : where(padding, mask, fill([1], -Infinity));
  return padding === undefined ? logicalNot(mask) : logicalAnd(padding, logicalNot(mask));
}

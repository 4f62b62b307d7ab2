// SPDX-License-Identifier: Apache-2.0
// Attention of new time steps to those in a cache and to themselves: checks, the plain formula and the kernel.

import type { CachedSelfAttentionAttributes } from '../backend/definitions/cached-self-attention.ts';
import { checkDtype, checkFloat, checkInteger, checkOptions, checkShape } from '../check.ts';
import { ShapeError, formatShape } from '../errors.ts';
import { unrecorded } from '../tape.ts';
import { Tensor } from '../tf.ts';
import {
  ATTENTION_OPTIONS,
  type AttentionOptions,
  attentionAttributes,
  checkAttentionSettings,
  plainAttention,
} from './attention.ts';
import { plainCopyInto } from './copy-into.ts';
import { unshare } from './in-place.ts';
import { plainIndexCopyInto } from './index-copy-into.ts';
import { runKernelForOne } from './run.ts';
import { checkSideBySide, ofParts } from './self-attention.ts';

/** Keys and values of the time steps before, in memory that more of them fit into. */
export interface AttentionCache {
  readonly keys: Tensor; // [batch, heads, capacity, headSize], float32
  readonly values: Tensor; // the same
  /** Time steps that are in it; or int32 `[time]`, where each new one is written: a step that is recorded does not know its time. */
  readonly past: number | Tensor;
}

/**
 * Writes the keys and values of new time steps behind those in a cache, in place, and lets the new queries attend to the cache, as
 * {@link scaledDotProductAttention} does: to all of its capacity that `mask` shows. What is not written yet has to be hidden; into an
 * empty cache, `causal` does. One call where a model writes token by token. Nothing is recorded for gradients.
 *
 * @param x        `[batch, time, 3 * heads * headSize]`, float32: the queries of all heads, their keys, their values
 * @param heads    how many there are
 * @param cache    changed; one that shares its memory with another tensor is given memory of its own
 * @param options  as of {@link scaledDotProductAttention}; `mask` broadcasts to `[batch, heads, time, capacity]`
 * @returns        `[batch, time, heads * headSize]`
 * @throws {ShapeError} the cache does not match x or has no room for it, the last axis of x is no multiple of 3 * heads or is empty,
 *   or `mask` does not broadcast
 * @throws {DTypeError} x or the cache is not float32, or `mask` neither bool nor float32
 * @throws {ArgumentError} heads or past is no such integer, a position is out of range (code `DATA`), an option is, or dropout without a
 *   generator
 * @see Dao et al., `flash_attn_with_kvcache`, https://github.com/Dao-AILab/flash-attention
 * @example
 * const cache = { keys: zeros([1, 1, 2, 1]), values: tensor4d([[[[1], [0]]]]), past: 1 };
 * cachedSelfAttention(tensor3d([[[0, 0, 3]]]), 1, cache); // [[[2]]]
 * cache.values; // [[[[1], [3]]]]
 */
export function cachedSelfAttention(
  x: Tensor,
  heads: number,
  cache: AttentionCache,
  options: AttentionOptions = {},
): Tensor {
  const op = 'cachedSelfAttention';
  checkOptions(op, options, ATTENTION_OPTIONS);
  const { keys, values, past } = cache;
  checkFloat(op, { x, keys, values });
  const headSize = checkSideBySide(op, x, heads);
  const [batch, time] = x.shape;
  const matching = (): string => `It must match x, whose shape is ${formatShape(x.shape)}.`;
  checkShape(op, 'keys', keys, [batch, heads, 'capacity', headSize], matching);
  const [, , capacity] = keys.shape;
  checkShape(op, 'values', values, [batch, heads, capacity, headSize], matching);
  if (past instanceof Tensor) {
    checkDtype(op, 'past', past, 'int32');
    checkShape(op, 'past', past, [time], matching);
  } else {
    checkInteger(op, 'past', past, { minimum: 0 });
    if (past + time > capacity) {
      const expected = `at most ${capacity - past} time steps behind ${past}, for a cache of ${capacity}`;
      throw new ShapeError({ op, argument: 'x', expected, received: x.shape });
    }
  }
  const scoresShape = [batch, heads, time, capacity];
  checkAttentionSettings(op, options, scoresShape);
  const { mask } = options;
  const attributes: CachedSelfAttentionAttributes = {
    ...attentionAttributes(options, scoresShape, headSize),
    heads,
    past: typeof past === 'number' ? past : 0,
  };
  unshare([keys, values]);
  const inputs = { x, keys, values, ...(mask && { mask }), ...(past instanceof Tensor && { positions: past }) };
  return unrecorded(() => runKernelForOne('NablaCachedSelfAttention', inputs, attributes));
}

/** The formula of {@link cachedSelfAttention}, op by op; the cache stays as it is. */
export function plainCachedSelfAttention(
  x: Tensor,
  heads: number,
  { keys, values, past }: AttentionCache,
  options: AttentionOptions = {},
): Tensor {
  const write = (into: Tensor, part: Tensor): Tensor =>
    typeof past === 'number' ? plainCopyInto(into, part, [0, 0, past, 0]) : plainIndexCopyInto(into, part, 2, past);
  return ofParts(x, heads, (query, key, value) =>
    plainAttention(query, write(keys, key), write(values, value), options),
  );
}

// SPDX-License-Identifier: Apache-2.0
// A stack of decoder layers that computes new tokens alone: keys and values of those before, and of the source, are kept.

import { type Tensor, add, cast, linear, reshape, scaledDotProductAttention, slice, split } from '@nabla/core';
import type { MultiHeadAttention, TransformerDecoder, TransformerDecoderLayer } from '@nabla/layers';

import type { KeyValueCache, KeysAndValues } from '../generation/cache.ts';
import type { VisibleKeys } from '../generation/decoder-mask.ts';
import type { Encoded } from '../generation/encoder-decoder-model.ts';
import { joinHeads, splitHeads } from '../pretrained/heads.ts';

/** What a layer knows of the pass that it is part of. */
export interface CachedPass extends VisibleKeys {
  readonly cache: KeyValueCache;
}

/**
 * What {@link TransformerDecoder.forward} gives in evaluation for the last tokens, whose embeddings `x` are given, where those before
 * them are in the cache. The layers are post-norm.
 *
 * @param x `[batch, time, features]`
 * @returns `[batch, time, features]`
 */
export function decodeCached(decoder: TransformerDecoder, x: Tensor, encoded: Encoded, pass: CachedPass): Tensor {
  const { states, attentionMask } = encoded;
  const [rows = 0, sourceTime = 0] = states.shape;
  const mask = attentionMask && cast(reshape(attentionMask, [rows, 1, 1, sourceTime]), 'bool');
  const source = { states, visible: { causal: false, ...(mask && { mask }) } };
  const [, time = 0] = x.shape;
  const hidden = [...decoder.layers].reduce((y, layer, i) => decodeLayer(layer, y, source, { ...pass, layer: i }), x);
  pass.cache.advance(time);
  return decoder.norm?.forward(hidden) ?? hidden;
}

function decodeLayer(
  layer: TransformerDecoderLayer,
  x: Tensor,
  source: { readonly states: Tensor; readonly visible: VisibleKeys },
  { layer: i, cache, ...visible }: CachedPass & { readonly layer: number },
): Tensor {
  const [query, key, value] = project(layer.self_attn, x, 0, 3) as [Tensor, Tensor, Tensor];
  const seen = cache.write(i, key, value);
  const own = visible.causal ? { keys: key, values: value } : seen; // causal: into an empty cache
  const y = layer.norm1.forward(add(x, attend(layer.self_attn, query, own, visible)));

  const [asked] = project(layer.multihead_attn, y, 0, 1) as [Tensor];
  const read = cache.once(i, () => {
    const [keys, values] = project(layer.multihead_attn, source.states, 1, 2) as [Tensor, Tensor];
    return { keys, values };
  });
  const z = layer.norm2.forward(add(y, attend(layer.multihead_attn, asked, read, source.visible)));

  const hidden = linear(z, layer.linear1.weight, layer.linear1.bias, { activation: layer.activation });
  return layer.norm3.forward(add(z, layer.linear2.forward(hidden)));
}

/** `count` of the three projections (queries, keys, values) from the first on: each `[batch, heads, time, headSize]`. */
function project(attention: MultiHeadAttention, x: Tensor, first: number, count: number): Tensor[] {
  const { in_proj_weight: weight, in_proj_bias: bias, features, heads } = attention;
  if (weight === undefined) throw new TypeError('the projections of queries, keys and values are one matrix');
  const [begin, rows] = [first * features, count * features];
  const projected = linear(x, slice(weight, [begin, 0], [rows, features]), bias && slice(bias, [begin], [rows]));
  return split(projected, count, -1).map((part) => splitHeads(part, heads));
}

function attend(
  attention: MultiHeadAttention,
  query: Tensor,
  { keys, values }: KeysAndValues,
  { causal, mask }: VisibleKeys,
): Tensor {
  const attended = scaledDotProductAttention(query, keys, values, { causal, ...(mask && { mask }) });
  return attention.out_proj.forward(joinHeads(attended)); // [batch, time, features]
}

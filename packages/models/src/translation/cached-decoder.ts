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
  const { self_attn, multihead_attn } = layer;
  const own = cache.selfAttention(i, project(self_attn, x, 0, 3), self_attn.heads, visible);
  const y = layer.norm1.forward(add(x, self_attn.out_proj.forward(own)));

  const query = splitHeads(project(multihead_attn, y, 0, 1), multihead_attn.heads);
  const { keys, values } = cache.once(i, () => keysAndValues(multihead_attn, source.states));
  const read = joinHeads(scaledDotProductAttention(query, keys, values, source.visible));
  const z = layer.norm2.forward(add(y, multihead_attn.out_proj.forward(read)));

  const hidden = linear(z, layer.linear1.weight, layer.linear1.bias, { activation: layer.activation });
  return layer.norm3.forward(add(z, layer.linear2.forward(hidden)));
}

/** `count` of the three projections (queries, keys, values) from the first on, side by side: `[batch, time, count * features]`. */
function project(attention: MultiHeadAttention, x: Tensor, first: number, count: number): Tensor {
  const { in_proj_weight: weight, in_proj_bias: bias, features } = attention;
  if (weight === undefined) throw new TypeError('the projections of queries, keys and values are one matrix');
  const [begin, rows] = [first * features, count * features];
  return linear(x, slice(weight, [begin, 0], [rows, features]), bias && slice(bias, [begin], [rows]));
}

function keysAndValues(attention: MultiHeadAttention, states: Tensor): KeysAndValues {
  const [keys, values] = split(project(attention, states, 1, 2), 2, -1) as [Tensor, Tensor];
  return { keys: splitHeads(keys, attention.heads), values: splitHeads(values, attention.heads) };
}

// SPDX-License-Identifier: Apache-2.0
// How a pass takes decoder layers: over all tokens, or over new ones alone where keys and values of those before, and of the source, are kept.

import {
  type Tensor,
  add,
  cast,
  linear,
  logicalNot,
  reshape,
  scaledDotProductAttention,
  slice,
  split,
} from '@nabla/core';
import type { MultiHeadAttention, TransformerDecoderLayer } from '@nabla/layers';

import type { KeyValueCache, KeysAndValues } from '../generation/cache.ts';
import type { VisibleKeys } from '../generation/decoder-mask.ts';
import type { Encoded } from '../generation/encoder-decoder-model.ts';
import { joinHeads, splitHeads } from '../pretrained/heads.ts';

/** What a pass does with each layer. */
interface LayerSteps {
  /** What it needs for that beside the features. */
  readonly rest: readonly (Tensor | undefined)[];
  /** What layer `i` makes of `x`, `[batch, time, features]`. */
  readonly take: (layer: TransformerDecoderLayer, x: Tensor, i: number) => Tensor;
}

/** `[batch, time]`, 1 for a token → bool, true for padding. */
export function paddingOf(attentionMask: Tensor | undefined): Tensor | undefined {
  return attentionMask && logicalNot(cast(attentionMask, 'bool'));
}

/** What the layers' own `forward` gives for all tokens. */
export function wholeLayers({ states, attentionMask }: Encoded, targetMask: Tensor | undefined): LayerSteps {
  const masks = {
    target: { causal: true, keyPaddingMask: paddingOf(targetMask) },
    memory: { keyPaddingMask: paddingOf(attentionMask) },
  };
  return {
    rest: [masks.target.keyPaddingMask, masks.memory.keyPaddingMask],
    take: (layer, x) => layer.forward(x, states, masks),
  };
}

/** The same in evaluation for the last tokens, where those before them are in the cache. The layers are post-norm. */
export function cachedLayers(
  { states, attentionMask }: Encoded,
  { cache, ...visible }: VisibleKeys & { readonly cache: KeyValueCache },
): LayerSteps {
  const [rows = 0, sourceTime = 0] = states.shape;
  const sourceMask = attentionMask && cast(reshape(attentionMask, [rows, 1, 1, sourceTime]), 'bool');
  const shown = { causal: false, ...(sourceMask && { mask: sourceMask }) };
  return {
    rest: [visible.mask, sourceMask],
    take: (layer, x, i) => {
      const { self_attn, multihead_attn } = layer;
      const own = cache.selfAttention(i, project(self_attn, x, 0, 3), self_attn.heads, visible);
      const y = layer.norm1.forward(add(x, self_attn.out_proj.forward(own)));

      const query = splitHeads(project(multihead_attn, y, 0, 1), multihead_attn.heads);
      const { keys, values } = cache.once(i, () => keysAndValues(multihead_attn, states));
      const read = joinHeads(scaledDotProductAttention(query, keys, values, shown));
      const z = layer.norm2.forward(add(y, multihead_attn.out_proj.forward(read)));

      const hidden = linear(z, layer.linear1.weight, layer.linear1.bias, { activation: layer.activation });
      return layer.norm3.forward(add(z, layer.linear2.forward(hidden)));
    },
  };
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

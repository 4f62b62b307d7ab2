// SPDX-License-Identifier: Apache-2.0
// Attention of new time steps to those in a cache and to themselves, in TypeScript.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import { attend } from './attention.ts';
import { writeInto } from './copy-into.ts';
import {
  type SelfAttentionAttributes,
  free,
  putTogether,
  selfAttentionSizes,
  takeApart,
  withMask,
} from './self-attention.ts';

export interface CachedSelfAttentionInputs {
  readonly x: TensorInfo; // [batch, time, 3 * heads * headSize]: queries, keys, values
  readonly keys: TensorInfo; // [batch, heads, capacity, headSize]; changed
  readonly values: TensorInfo; // the same
  readonly mask?: TensorInfo; // broadcasts to [batch, heads, time, capacity]
}
export interface CachedSelfAttentionAttributes extends SelfAttentionAttributes {
  /** Time steps that are in the cache: those of x are written behind them. */
  readonly past: number;
}

/** Changes keys and values; → out `[batch, time, heads * headSize]` */
const cachedSelfAttention = definition<CachedSelfAttentionInputs, CachedSelfAttentionAttributes>(
  'NablaCachedSelfAttention',
  ({ x, keys, values, mask }, attributes, backend) => {
    const sizes = selfAttentionSizes(x, attributes.heads);
    const { batch, heads, time, headSize } = sizes;
    const parts = takeApart(x, 3, sizes, backend);
    const [query, key, value] = parts;
    const place = { shape: keys.shape, begin: [0, 0, attributes.past, 0] };
    writeInto(keys, key, place, backend);
    writeInto(values, value, place, backend);
    const [apart, logSumExp] = attend(withMask([query, keys, values], mask), attributes, backend);
    const out = putTogether([apart], [batch, time, heads * headSize], sizes, backend);
    free([...parts, apart, logSumExp], backend);
    return out;
  },
);

export const cachedSelfAttentionDefinitions: readonly KernelConfig[] = [cachedSelfAttention];

// SPDX-License-Identifier: Apache-2.0
// Attention of new time steps to those in a cache and to themselves, in TypeScript.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import { attend } from './attention.ts';
import { writeInto } from './copy-into.ts';
import { writeAtPositions } from './index-copy-into.ts';
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
  readonly positions?: TensorInfo; // [time], int32: where those of x are written; default behind the past
}
export interface CachedSelfAttentionAttributes extends SelfAttentionAttributes {
  /** Time steps that are in the cache: those of x are written behind them, if there are no positions. */
  readonly past: number;
}

/** Changes keys and values; → out `[batch, time, heads * headSize]` */
const cachedSelfAttention = definition<CachedSelfAttentionInputs, CachedSelfAttentionAttributes>(
  'NablaCachedSelfAttention',
  ({ x, keys, values, mask, positions }, attributes, backend) => {
    const sizes = selfAttentionSizes(x, attributes.heads);
    const { batch, heads, time, headSize } = sizes;
    const parts = takeApart(x, 3, sizes, backend);
    const [query, key, value] = parts;
    const write = (target: TensorInfo, source: TensorInfo): void => {
      if (positions !== undefined) writeAtPositions({ target, source, positions }, 2, backend);
      else writeInto(target, source, { shape: target.shape, begin: [0, 0, attributes.past, 0] }, backend);
    };
    write(keys, key);
    write(values, value);
    const [apart, logSumExp] = attend(withMask([query, keys, values], mask), attributes, backend);
    const out = putTogether([apart], [batch, time, heads * headSize], sizes, backend);
    free([...parts, apart, logSumExp], backend);
    return out;
  },
);

export const cachedSelfAttentionDefinitions: readonly KernelConfig[] = [cachedSelfAttention];

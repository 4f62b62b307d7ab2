// SPDX-License-Identifier: Apache-2.0
// Attention of a sequence to itself in TypeScript: takes queries, keys and values apart; see
// native/src/kernels/self_attention.h for the arrangement and attention.ts for the rest.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type { JsBackend } from '../js-backend.ts';
import { definition } from '../kernel.ts';
import { type AttentionAttributes, type AttentionInputs, attend, attendBack } from './attention.ts';

export interface SelfAttentionInputs {
  readonly x: TensorInfo; // [batch, time, 3 * heads * headSize]: queries, keys, values
  readonly mask?: TensorInfo; // bool, broadcasts to [batch, heads, time, time]
}
export interface SelfAttentionAttributes extends AttentionAttributes {
  readonly heads: number;
}
export interface SelfAttentionGradInputs extends SelfAttentionInputs {
  readonly gradOut: TensorInfo; // [batch, time, heads * headSize]
  readonly out: TensorInfo; // [batch, time, heads * headSize]
  readonly logSumExp: TensorInfo; // [batch, heads, time]
}

export interface SelfAttentionSizes {
  readonly batch: number;
  readonly heads: number;
  readonly time: number;
  readonly headSize: number;
}

export function selfAttentionSizes({ shape }: TensorInfo, heads: number): SelfAttentionSizes {
  const [batch, time, features] = shape;
  return { batch, heads, time, headSize: features / 3 / heads };
}

/** Calls `f(from, to)` for rows of headSize elements: where one begins in `[batch, time, heads, headSize]`, in `[batch, heads, time, headSize]`. */
function eachRow({ batch, heads, time, headSize }: SelfAttentionSizes, f: (from: number, to: number) => void): void {
  for (let row = 0; row < batch * time * heads; row++) {
    const head = row % heads;
    const position = Math.floor(row / heads);
    const entry = Math.floor(position / time);
    f(row * headSize, ((entry * heads + head) * time + (position % time)) * headSize);
  }
}

/** `parts` tensors `[batch, heads, time, headSize]` from `[batch, time, parts, heads, headSize]`. */
export function takeApart(x: TensorInfo, parts: number, sizes: SelfAttentionSizes, backend: JsBackend): TensorInfo[] {
  const { batch, heads, time, headSize } = sizes;
  const values = backend.floats(x);
  const features = heads * headSize;
  return Array.from({ length: parts }, (_, part) => {
    const own = new Float32Array(values.length / parts);
    eachRow(sizes, (from, to) => {
      const start = Math.floor(from / features) * parts * features + part * features + (from % features);
      own.set(values.subarray(start, start + headSize), to);
    });
    return backend.make([batch, heads, time, headSize], 'float32', own);
  });
}

/** The reverse of {@link takeApart}. */
export function putTogether(
  tensors: readonly TensorInfo[],
  shape: readonly number[],
  sizes: SelfAttentionSizes,
  backend: JsBackend,
): TensorInfo {
  const parts = tensors.length;
  const features = sizes.heads * sizes.headSize;
  const values = new Float32Array(parts * sizes.batch * sizes.time * features);
  tensors.forEach((tensor, part) => {
    const own = backend.floats(tensor);
    eachRow(sizes, (from, to) => {
      const start = Math.floor(from / features) * parts * features + part * features + (from % features);
      values.set(own.subarray(to, to + sizes.headSize), start);
    });
  });
  return backend.make(shape, 'float32', values);
}

export function free(tensors: readonly TensorInfo[], backend: JsBackend): void {
  for (const tensor of tensors) backend.disposeIntermediateTensorInfo(tensor);
}

/** What attention takes, with a mask where there is one. */
export function withMask(parts: readonly TensorInfo[], mask: TensorInfo | undefined): AttentionInputs {
  const [query, key, value] = parts;
  return mask === undefined ? [query, key, value] : [query, key, value, mask];
}

/** → [out `[batch, time, heads * headSize]`, logSumExp `[batch, heads, time]`] */
const selfAttention = definition<SelfAttentionInputs, SelfAttentionAttributes>(
  'NablaSelfAttention',
  ({ x, mask }, attributes, backend) => {
    const sizes = selfAttentionSizes(x, attributes.heads);
    const parts = takeApart(x, 3, sizes, backend);
    const [apart, logSumExp] = attend(withMask(parts, mask), attributes, backend);
    const { batch, heads, time, headSize } = sizes;
    const out = putTogether([apart], [batch, time, heads * headSize], sizes, backend);
    free([...parts, apart], backend);
    return [out, logSumExp];
  },
);

/** → gradX, of the shape of x */
const selfAttentionGrad = definition<SelfAttentionGradInputs, SelfAttentionAttributes>(
  'NablaSelfAttentionGrad',
  ({ gradOut, x, mask, out, logSumExp }, attributes, backend) => {
    const sizes = selfAttentionSizes(x, attributes.heads);
    const parts = takeApart(x, 3, sizes, backend);
    const [outs, grads] = [out, gradOut].map((tensor) => takeApart(tensor, 1, sizes, backend)[0]);
    const gradients = attendBack([grads, outs, logSumExp, ...withMask(parts, mask)], attributes, backend);
    const gradX = putTogether(gradients, x.shape, sizes, backend);
    free([...parts, outs, grads, ...gradients], backend);
    return gradX;
  },
);

export const selfAttentionDefinitions: readonly KernelConfig[] = [selfAttention, selfAttentionGrad];

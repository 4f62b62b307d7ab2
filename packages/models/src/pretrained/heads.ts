// SPDX-License-Identifier: Apache-2.0
// From the features of a token to those of attention heads, and back. With a single token, nothing has to be moved.

import { type Tensor, reshape, transpose } from '@nabla/core';

/** `[batch, time, heads * headSize]` → `[batch, heads, time, headSize]`. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch = 0, time = 0, features = 0] = x.shape;
  if (time === 1) return reshape(x, [batch, heads, 1, features / heads]);
  return transpose(reshape(x, [batch, time, heads, features / heads]), [0, 2, 1, 3]);
}

/** `[batch, heads, time, headSize]` → `[batch, time, heads * headSize]`. */
export function joinHeads(x: Tensor): Tensor {
  const [batch = 0, heads = 0, time = 0, headSize = 0] = x.shape;
  return reshape(time === 1 ? x : transpose(x, [0, 2, 1, 3]), [batch, time, heads * headSize]);
}

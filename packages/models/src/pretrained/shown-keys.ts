// SPDX-License-Identifier: Apache-2.0
// The mask of attention to what is no padding.

import { type Tensor, cast, reshape } from '@nabla/core';

/** `[batch, time]`, 1 for a token and 0 for padding → bool `[batch, 1, 1, time]`. */
export function shownKeys(attentionMask: Tensor): Tensor {
  const [batch = 0, time = 0] = attentionMask.shape;
  return cast(reshape(attentionMask, [batch, 1, 1, time]), 'bool');
}

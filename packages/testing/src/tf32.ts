// SPDX-License-Identifier: Apache-2.0
// Numbers as tf32 has them.

import { type Tensor, tensor } from '@nabla/core';

/** Each number's nearest with 10 bits of fraction, of two the one farther from 0. */
export function roundToTf32(x: Tensor): Tensor {
  const values = Float32Array.from(x.dataSync());
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) if (Number.isFinite(values[i])) bits[i] = (bits[i] + 0x1000) & 0xffffe000;
  return tensor(values, x.shape);
}

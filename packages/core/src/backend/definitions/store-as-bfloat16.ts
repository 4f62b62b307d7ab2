// SPDX-License-Identifier: Apache-2.0
// Rounds a tensor to bf16 in place, where the native devices store half the bytes.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';

export interface StoreAsBfloat16Inputs {
  readonly target: TensorInfo; // float32
}

/** Each number's nearest with 7 bits of fraction, of two the one with an even last bit; NaN stays NaN. */
function roundToBfloat16(values: Float32Array): Float32Array {
  const rounded = values.slice();
  const bits = new Uint32Array(rounded.buffer);
  for (let i = 0; i < bits.length; i++) {
    if (!Number.isNaN(values[i])) bits[i] = (bits[i] + 0x7fff + ((bits[i] >>> 16) & 1)) & 0xffff0000;
  }
  return rounded;
}

/** Changes the target, gives nothing. */
const storeAsBfloat16 = definition<StoreAsBfloat16Inputs, object>('NablaStoreAsBfloat16', ({ target }, _, backend) => {
  backend.replace(target, roundToBfloat16(backend.floats(target)));
  return [];
});

export const storeAsBfloat16Definitions: readonly KernelConfig[] = [storeAsBfloat16];

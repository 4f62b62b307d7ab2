// SPDX-License-Identifier: Apache-2.0
// Stores a tensor as bf16 on device cpu. A device that does not store so rounds the values.

import type { KernelConfig } from '../../tf.ts';
import { type StoreAsBfloat16Inputs, roundToBfloat16 } from '../definitions/store-as-bfloat16.ts';
import { nativeKernel } from '../kernel.ts';

const storeAsBfloat16 = nativeKernel<StoreAsBfloat16Inputs, object>('NablaStoreAsBfloat16', {
  run: ({ target }, _, backend) => {
    if (!backend.storeAsBfloat16(target)) {
      backend.overwrite(target, roundToBfloat16(backend.readSync(target.dataId) as Float32Array));
    }
    return [];
  },
});

export const storeAsBfloat16Kernels: readonly KernelConfig[] = [storeAsBfloat16];

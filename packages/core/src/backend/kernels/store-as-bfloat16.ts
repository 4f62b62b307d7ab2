// SPDX-License-Identifier: Apache-2.0
// Stores a tensor as bf16 on the native devices.

import type { KernelConfig } from '../../tf.ts';
import type { StoreAsBfloat16Inputs } from '../definitions/store-as-bfloat16.ts';
import { nativeKernel } from '../kernel.ts';

const storeAsBfloat16 = nativeKernel<StoreAsBfloat16Inputs, object>('NablaStoreAsBfloat16', {
  run: ({ target }, _, backend) => {
    backend.storeAsBfloat16(target);
    return [];
  },
});

export const storeAsBfloat16Kernels: readonly KernelConfig[] = [storeAsBfloat16];

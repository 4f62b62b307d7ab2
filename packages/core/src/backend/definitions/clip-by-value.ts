// SPDX-License-Identifier: Apache-2.0
// Limits every element of many tensors, in TypeScript; see native/src/kernels/clip_by_value.h.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import type { ClipAttributes } from './global-norm.ts';

const { max, min } = Math;

/** Changes all tensors. */
const clipByValue = definition<readonly TensorInfo[], ClipAttributes>(
  'NablaClipByValue',
  (tensors, { maximum }, backend) => {
    for (const tensor of tensors) {
      const clipped = backend.floats(tensor).map((value) => min(max(value, -maximum), maximum));
      backend.replace(tensor, clipped);
    }
    return [];
  },
);

export const clipByValueDefinitions: readonly KernelConfig[] = [clipByValue];

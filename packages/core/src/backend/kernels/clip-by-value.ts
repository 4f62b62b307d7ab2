// SPDX-License-Identifier: Apache-2.0
// Limits every element of many tensors on device cpu: one native call for all of them.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type { ClipAttributes } from '../definitions/global-norm.ts';
import { nativeKernel } from '../kernel.ts';
import { runOnLists } from '../tensor-lists.ts';

const clipByValue = nativeKernel<readonly TensorInfo[], ClipAttributes>('NablaClipByValue', {
  run: (inputs, { maximum }, backend) => {
    runOnLists(backend, [inputs], ([tensors], lengths) => {
      backend.kernels.clip_by_value_f32({ tensors, lengths, maximum });
    });
    return [];
  },
});

export const clipByValueKernels: readonly KernelConfig[] = [clipByValue];

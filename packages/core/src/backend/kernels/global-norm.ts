// SPDX-License-Identifier: Apache-2.0
// The norm of many tensors as one vector, and its limit, on device cpu.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type { ClipAttributes } from '../definitions/global-norm.ts';
import { nativeKernel } from '../kernel.ts';
import { runOnLists } from '../tensor-lists.ts';

const globalNorm = nativeKernel<readonly TensorInfo[], object>('NablaGlobalNorm', {
  run: (tensors, _, backend) => {
    const out = backend.allocate([], 'float32');
    const norm = backend.buffer(out);
    if (tensors.length === 0) backend.kernels.global_norm_f32({ tensors: [], norm, lengths: [], accumulate: 0 });
    runOnLists(backend, [tensors], ([part], lengths, start) => {
      backend.kernels.global_norm_f32({ tensors: part, norm, lengths, accumulate: Number(start > 0) });
    });
    return out;
  },
});

const clipByGlobalNorm = nativeKernel<readonly TensorInfo[], ClipAttributes>('NablaClipByGlobalNorm', {
  run: ([norm, ...tensors], { maximum }, backend) => {
    runOnLists(backend, [tensors], ([part], lengths) => {
      backend.kernels.clip_by_global_norm_f32({ norm: backend.buffer(norm), tensors: part, lengths, maximum });
    });
    return [];
  },
});

export const globalNormKernels: readonly KernelConfig[] = [globalNorm, clipByGlobalNorm];

// SPDX-License-Identifier: Apache-2.0
// tfjs' Softmax on device cpu.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';

const softmax = nativeKernel<{ logits: TensorInfo }, { dim: number }>('Softmax', {
  // tf.softmax refuses every axis but the last one before it comes here
  accepts: ({ logits }) => logits.dtype === 'float32',
  run: ({ logits }, { dim }, backend) => {
    const columns = logits.shape[dim];
    const out = backend.allocate(logits.shape, 'float32');
    const rows = columns === 0 ? 0 : sizeOf(logits.shape) / columns;
    const call = { in: backend.buffer(logits), out: backend.buffer(out), rows, columns: Math.max(columns, 1) };
    backend.kernels.softmax_f32(call);
    return out;
  },
});

export const softmaxKernels: readonly KernelConfig[] = [softmax];

// SPDX-License-Identifier: Apache-2.0
// Dropout on device cpu.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type { DropoutAttributes } from '../definitions/dropout.ts';
import { nativeKernel } from '../kernel.ts';

const dropout = nativeKernel<{ x: TensorInfo }, DropoutAttributes>('NablaDropout', {
  run: ({ x }, { probability, seed, offset }, backend) => {
    const out = backend.allocate(x.shape, 'float32');
    const call = { in: backend.buffer(x), out: backend.buffer(out), count: sizeOf(x.shape), probability, seed, offset };
    backend.kernels.dropout_f32(call);
    return out;
  },
});

export const dropoutKernels: readonly KernelConfig[] = [dropout];

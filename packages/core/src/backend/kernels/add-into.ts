// SPDX-License-Identifier: Apache-2.0
// A sum in the memory of its first term on device cpu.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import type { AddIntoInputs } from '../definitions/add-into.ts';
import { nativeKernel } from '../kernel.ts';

const addInto = nativeKernel<AddIntoInputs, object>('NablaAddInto', {
  run: ({ total, part }, _, backend) => {
    const [a, b] = [backend.buffer(total), backend.buffer(part)];
    backend.kernels.add_f32({ a, b, out: a, shape: [sizeOf(total.shape)], a_strides: [1], b_strides: [1] });
    return [backend.share(total)];
  },
});

export const addIntoKernels: readonly KernelConfig[] = [addInto];

// SPDX-License-Identifier: Apache-2.0
// tfjs' AddN on device cpu: any number of tensors of one shape, added in one pass.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';

const addN = nativeKernel<readonly TensorInfo[], object>('AddN', {
  accepts: ([first, ...others]) =>
    (first.dtype === 'float32' || first.dtype === 'int32') && others.every(({ dtype }) => dtype === first.dtype),
  run: (tensors, _, backend) => {
    const [{ shape, dtype }] = tensors;
    const count = sizeOf(shape);
    const out = backend.allocate(shape, dtype === 'int32' ? 'int32' : 'float32');
    const call = {
      in: tensors.map((tensor) => backend.buffer(tensor)),
      out: backend.buffer(out),
      count,
      lengths: tensors.map(() => count),
    };
    if (dtype === 'int32') backend.kernels.add_n_i32(call);
    else backend.kernels.add_n_f32(call);
    return out;
  },
});

export const addNKernels: readonly KernelConfig[] = [addN];

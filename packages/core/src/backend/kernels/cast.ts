// SPDX-License-Identifier: Apache-2.0
// tfjs' Cast on device cpu: to int32 truncates, to bool gives exactly 0 or 1.

import { sizeOf } from '../../shape.ts';
import type { DataType, KernelConfig, TensorInfo } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeDataType } from '../native-backend.ts';
import type { UnaryName } from './unary.ts';

/** From dtype, to dtype; complex64 runs the definition. */
const NATIVES: Readonly<Partial<Record<DataType, Readonly<Partial<Record<DataType, UnaryName>>>>>> = {
  float32: { int32: 'cast_f32_i32', bool: 'cast_f32_bool' },
  int32: { float32: 'cast_i32_f32', bool: 'cast_i32_bool' },
  bool: { float32: 'cast_bool_f32', int32: 'cast_bool_i32' },
};

const cast = nativeKernel<{ x: TensorInfo }, { dtype: DataType }>('Cast', {
  accepts: ({ x }, { dtype }) => x.dtype === dtype || NATIVES[x.dtype]?.[dtype] !== undefined,
  run: ({ x }, { dtype }, backend) => {
    const name = NATIVES[x.dtype]?.[dtype];
    if (name === undefined) return backend.share(x);
    const out = backend.allocate(x.shape, dtype as NativeDataType);
    backend.kernels[name]({ in: backend.buffer(x), out: backend.buffer(out), count: sizeOf(x.shape) });
    return out;
  },
});

export const castKernels: readonly KernelConfig[] = [cast];

// SPDX-License-Identifier: Apache-2.0
// tfjs' Fill, ZerosLike and OnesLike on device cpu.

import { sizeOf } from '../../shape.ts';
import type { DataType, KernelConfig, TensorInfo } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend, NativeDataType } from '../native-backend.ts';

interface FillAttributes {
  readonly shape: readonly number[];
  readonly value: number | string; // a string fills a tensor of strings, on the host
  readonly dtype: DataType;
}

const NATIVES = { float32: 'fill_f32', int32: 'fill_i32', bool: 'fill_bool' } as const;

const isNative = (dtype: DataType): dtype is NativeDataType => dtype in NATIVES;

function filled(shape: readonly number[], value: number, dtype: NativeDataType, backend: NativeBackend): TensorInfo {
  const out = backend.allocate(shape, dtype);
  const element = dtype === 'float32' ? value : dtype === 'int32' ? value | 0 : Number(value !== 0);
  backend.kernels[NATIVES[dtype]]({ out: backend.buffer(out), count: sizeOf(shape), value: element });
  return out;
}

const fill = nativeKernel<object, FillAttributes>('Fill', {
  accepts: (_, { dtype }) => isNative(dtype),
  run: (_, { shape, value, dtype }, backend) => filled(shape, Number(value), dtype as NativeDataType, backend),
});

function like(kernelName: string, value: number): KernelConfig {
  return nativeKernel<{ x: TensorInfo }, object>(kernelName, {
    accepts: ({ x }) => isNative(x.dtype),
    run: ({ x }, _, backend) => filled(x.shape, value, x.dtype as NativeDataType, backend),
  });
}

export const fillKernels: readonly KernelConfig[] = [fill, like('ZerosLike', 0), like('OnesLike', 1)];

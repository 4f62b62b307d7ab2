// SPDX-License-Identifier: Apache-2.0
// Pooling on device cpu.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type {
  AveragePoolAttributes,
  AveragePoolGradInputs,
  MaxPoolGradInputs,
  PoolInputs,
} from '../definitions/pool.ts';
import { type Windows, withSpatial } from '../definitions/windows.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend } from '../native-backend.ts';

/** The parameters that all native poolings have; `shape` is that of either side. */
function poolParameters(shape: readonly number[], windows: Windows) {
  return {
    batch: shape[0],
    channels: shape[shape.length - 1],
    in_size: windows.inSize,
    out_size: windows.outSize,
    kernel: windows.kernelSize,
    stride: windows.stride,
    padding: windows.padding,
    dilation: windows.dilation,
    adaptive: Number(windows.adaptive),
  };
}

/** → [out, argmax] */
export function runMaxPool(backend: NativeBackend, x: TensorInfo, windows: Windows, ignoreNan: boolean): TensorInfo[] {
  const shape = withSpatial(x.shape, windows.outSize);
  const out = backend.allocate(shape, 'float32');
  const argmax = backend.allocate(shape, 'int32');
  backend.kernels.max_pool_f32({
    in: backend.buffer(x),
    out: backend.buffer(out),
    argmax: backend.buffer(argmax),
    ...poolParameters(shape, windows),
    ignore_nan: Number(ignoreNan),
  });
  return [out, argmax];
}

export function runMaxPoolGrad(
  backend: NativeBackend,
  { gradOut, argmax }: MaxPoolGradInputs,
  windows: Windows,
): TensorInfo {
  const gradX = backend.allocate(withSpatial(gradOut.shape, windows.inSize), 'float32');
  backend.kernels.max_pool_grad_f32({
    grad_out: backend.buffer(gradOut),
    argmax: backend.buffer(argmax),
    grad_in: backend.buffer(gradX),
    ...poolParameters(gradOut.shape, windows),
  });
  return gradX;
}

export function runAveragePool(backend: NativeBackend, x: TensorInfo, attributes: AveragePoolAttributes): TensorInfo {
  const out = backend.allocate(withSpatial(x.shape, attributes.outSize), 'float32');
  backend.kernels.average_pool_f32({
    in: backend.buffer(x),
    out: backend.buffer(out),
    ...poolParameters(x.shape, attributes),
    count_padding: Number(attributes.countIncludePad),
  });
  return out;
}

export function runAveragePoolGrad(
  backend: NativeBackend,
  gradOut: TensorInfo,
  attributes: AveragePoolAttributes,
): TensorInfo {
  const gradX = backend.allocate(withSpatial(gradOut.shape, attributes.inSize), 'float32');
  backend.kernels.average_pool_grad_f32({
    grad_out: backend.buffer(gradOut),
    grad_in: backend.buffer(gradX),
    ...poolParameters(gradOut.shape, attributes),
    count_padding: Number(attributes.countIncludePad),
  });
  return gradX;
}

const maxPool = nativeKernel<PoolInputs, Windows>('NablaMaxPool', {
  needs: ['max_pool_f32'],
  run: ({ x }, windows, backend) => runMaxPool(backend, x, windows, false),
});

const maxPoolGrad = nativeKernel<MaxPoolGradInputs, Windows>('NablaMaxPoolGrad', {
  needs: ['max_pool_grad_f32'],
  run: (inputs, windows, backend) => runMaxPoolGrad(backend, inputs, windows),
});

const averagePool = nativeKernel<PoolInputs, AveragePoolAttributes>('NablaAveragePool', {
  needs: ['average_pool_f32'],
  run: ({ x }, attributes, backend) => runAveragePool(backend, x, attributes),
});

const averagePoolGrad = nativeKernel<AveragePoolGradInputs, AveragePoolAttributes>('NablaAveragePoolGrad', {
  needs: ['average_pool_grad_f32'],
  run: ({ gradOut }, attributes, backend) => runAveragePoolGrad(backend, gradOut, attributes),
});

export const poolKernels: readonly KernelConfig[] = [maxPool, maxPoolGrad, averagePool, averagePoolGrad];

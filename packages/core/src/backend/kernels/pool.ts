// SPDX-License-Identifier: Apache-2.0
// Pooling on device cpu: ours, and tfjs' of images.

import { type KernelConfig, type TensorInfo, backend_util } from '../../tf.ts';
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

function runMaxPool(backend: NativeBackend, x: TensorInfo, windows: Windows, ignoreNan: boolean): TensorInfo[] {
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

function runMaxPoolGrad(backend: NativeBackend, { gradOut, argmax }: MaxPoolGradInputs, windows: Windows): TensorInfo {
  const gradX = backend.allocate(withSpatial(gradOut.shape, windows.inSize), 'float32');
  backend.kernels.max_pool_grad_f32({
    grad_out: backend.buffer(gradOut),
    argmax: backend.buffer(argmax),
    grad_in: backend.buffer(gradX),
    ...poolParameters(gradOut.shape, windows),
  });
  return gradX;
}

function runAveragePool(backend: NativeBackend, x: TensorInfo, attributes: AveragePoolAttributes): TensorInfo {
  const out = backend.allocate(withSpatial(x.shape, attributes.outSize), 'float32');
  backend.kernels.average_pool_f32({
    in: backend.buffer(x),
    out: backend.buffer(out),
    ...poolParameters(x.shape, attributes),
    count_padding: Number(attributes.countIncludePad),
  });
  return out;
}

function runAveragePoolGrad(
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

/** What tfjs' poolings of `[batch, height, width, channels]` are told. */
interface ImagePoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** The windows of a call of tfjs, whose result has `outSize` whatever the padding after the input. */
function imageWindows(shape: readonly number[], attributes: ImagePoolAttributes): Windows {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const [batch, height, width, channels] = shape;
  const info = backend_util.computePool2DInfo(
    [batch, height, width, channels],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  return {
    inSize: [1, info.inHeight, info.inWidth],
    outSize: [1, info.outHeight, info.outWidth],
    kernelSize: [1, info.filterHeight, info.filterWidth],
    stride: [1, info.strideHeight, info.strideWidth],
    padding: [0, info.padInfo.top, info.padInfo.left],
    dilation: [1, 1, 1],
    adaptive: false,
  };
}

/** Whether the windows are such that the native kernels can have them. */
function acceptsImage(x: TensorInfo, attributes: ImagePoolAttributes): boolean {
  if (x.dtype !== 'float32') return false;
  const { inSize, outSize, kernelSize } = imageWindows(x.shape, attributes);
  // A kernel of one position is the identity to tfjs, whatever padding says.
  return [...inSize, ...outSize].every((length) => length > 0) && kernelSize.some((length) => length > 1);
}

const tfjsMaxPool = nativeKernel<PoolInputs, ImagePoolAttributes>('MaxPool', {
  needs: ['max_pool_f32'],
  accepts: ({ x }, attributes) => acceptsImage(x, attributes),
  run: ({ x }, attributes, backend) => {
    const [out, argmax] = runMaxPool(backend, x, imageWindows(x.shape, attributes), true); // tfjs ignores NaN
    backend.disposeData(argmax.dataId);
    return out;
  },
});

interface TfjsMaxPoolGradInputs {
  readonly dy: TensorInfo;
  readonly input: TensorInfo;
}

const tfjsMaxPoolGrad = nativeKernel<TfjsMaxPoolGradInputs, ImagePoolAttributes>('MaxPoolGrad', {
  needs: ['max_pool_f32', 'max_pool_grad_f32'],
  accepts: ({ dy, input }, attributes) => dy.dtype === 'float32' && acceptsImage(input, attributes),
  run: ({ dy, input }, attributes, backend) => {
    const windows = imageWindows(input.shape, attributes);
    const [out, argmax] = runMaxPool(backend, input, windows, true);
    const gradX = runMaxPoolGrad(backend, { gradOut: dy, argmax }, windows);
    for (const { dataId } of [out, argmax]) backend.disposeData(dataId);
    return gradX;
  },
});

const tfjsAvgPool = nativeKernel<PoolInputs, ImagePoolAttributes>('AvgPool', {
  needs: ['average_pool_f32'],
  accepts: ({ x }, attributes) => acceptsImage(x, attributes),
  run: ({ x }, attributes, backend) => {
    return runAveragePool(backend, x, { ...imageWindows(x.shape, attributes), countIncludePad: false });
  },
});

/** Whether every window lies in the input. */
function isInside({ inSize, outSize, kernelSize, stride, padding }: Windows): boolean {
  return inSize.every(
    (length, axis) => padding[axis] === 0 && (outSize[axis] - 1) * stride[axis] + kernelSize[axis] <= length,
  );
}

const tfjsAvgPoolGrad = nativeKernel<{ dy: TensorInfo; input: TensorInfo }, ImagePoolAttributes>('AvgPoolGrad', {
  needs: ['average_pool_grad_f32'],
  // At the edges tfjs divides by the size of the kernel, which is not the gradient of its AvgPool: that is left to it.
  accepts: ({ dy, input }, attributes) => {
    return dy.dtype === 'float32' && acceptsImage(input, attributes) && isInside(imageWindows(input.shape, attributes));
  },
  run: ({ dy, input }, attributes, backend) => {
    return runAveragePoolGrad(backend, dy, { ...imageWindows(input.shape, attributes), countIncludePad: false });
  },
});

export const poolKernels: readonly KernelConfig[] = [
  maxPool,
  maxPoolGrad,
  averagePool,
  averagePoolGrad,
  tfjsMaxPool,
  tfjsMaxPoolGrad,
  tfjsAvgPool,
  tfjsAvgPoolGrad,
];

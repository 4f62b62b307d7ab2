// SPDX-License-Identifier: Apache-2.0
// tfjs' own poolings of images and volumes on device cpu, by the kernels of ours. Integers, and windows that ours would see
// otherwise, are left to the definition.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type { PoolInputs } from '../definitions/pool.ts';
import { type TfjsPoolAttributes, tfjsPoolWindows } from '../definitions/tfjs-pool.ts';
import type { Windows } from '../definitions/windows.ts';
import { nativeKernel } from '../kernel.ts';
import { runBroadcast } from './broadcast.ts';
import { runAveragePool, runAveragePoolGrad, runMaxPool, runMaxPoolGrad } from './pool.ts';

/** Whether the windows are such that the native kernels can have them: no window without an element of x is among them. */
function accepts(x: TensorInfo, attributes: TfjsPoolAttributes): boolean {
  if (x.dtype !== 'float32') return false;
  const { inSize, outSize, kernelSize, stride, padding } = tfjsPoolWindows(x.shape, attributes);
  const meetInput = inSize.every(
    (length, axis) => padding[axis] < kernelSize[axis] && (outSize[axis] - 1) * stride[axis] - padding[axis] < length,
  );
  // A kernel of one position is the identity to tfjs, whatever padding says.
  return meetInput && [...inSize, ...outSize].every((length) => length > 0) && kernelSize.some((length) => length > 1);
}

function maxPool(kernelName: string): KernelConfig {
  return nativeKernel<PoolInputs, TfjsPoolAttributes>(kernelName, {
    needs: ['max_pool_f32'],
    accepts: ({ x }, attributes) => accepts(x, attributes),
    run: ({ x }, attributes, backend) => {
      const [out, argmax] = runMaxPool(backend, x, tfjsPoolWindows(x.shape, attributes), true); // tfjs ignores NaN
      backend.disposeData(argmax.dataId);
      return out;
    },
  });
}

interface GradInputs {
  readonly dy: TensorInfo;
  readonly input: TensorInfo;
}

function maxPoolGrad(kernelName: string): KernelConfig {
  return nativeKernel<GradInputs, TfjsPoolAttributes>(kernelName, {
    needs: ['max_pool_f32', 'max_pool_grad_f32'],
    accepts: ({ dy, input }, attributes) => dy.dtype === 'float32' && accepts(input, attributes),
    run: ({ dy, input }, attributes, backend) => {
      const windows = tfjsPoolWindows(input.shape, attributes);
      const [out, argmax] = runMaxPool(backend, input, windows, true);
      const gradX = runMaxPoolGrad(backend, { gradOut: dy, argmax }, windows);
      for (const { dataId } of [out, argmax]) backend.disposeData(dataId);
      return gradX;
    },
  });
}

function averagePool(kernelName: string): KernelConfig {
  return nativeKernel<PoolInputs, TfjsPoolAttributes>(kernelName, {
    needs: ['average_pool_f32'],
    accepts: ({ x }, attributes) => accepts(x, attributes),
    run: ({ x }, attributes, backend) => {
      return runAveragePool(backend, x, { ...tfjsPoolWindows(x.shape, attributes), countIncludePad: false });
    },
  });
}

/** Whether every window lies in the input. */
function isInside({ inSize, outSize, kernelSize, stride, padding }: Windows): boolean {
  return inSize.every(
    (length, axis) => padding[axis] === 0 && (outSize[axis] - 1) * stride[axis] + kernelSize[axis] <= length,
  );
}

function averagePoolGrad(kernelName: string): KernelConfig {
  return nativeKernel<GradInputs, TfjsPoolAttributes>(kernelName, {
    needs: ['average_pool_grad_f32'],
    // At the edges tfjs divides by the size of the kernel, which is not the gradient of its AvgPool: that is left to it.
    accepts: ({ dy, input }, attributes) => {
      return dy.dtype === 'float32' && accepts(input, attributes) && isInside(tfjsPoolWindows(input.shape, attributes));
    },
    run: ({ dy, input }, attributes, backend) => {
      return runAveragePoolGrad(backend, dy, { ...tfjsPoolWindows(input.shape, attributes), countIncludePad: false });
    },
  });
}

interface ArgmaxAttributes extends TfjsPoolAttributes {
  readonly includeBatchInIndex: boolean;
}

/** → [out, the index of each maximum among the elements of its image, or of all images] */
const maxPoolWithArgmax = nativeKernel<PoolInputs, ArgmaxAttributes>('MaxPoolWithArgmax', {
  needs: ['max_pool_f32'],
  accepts: ({ x }, attributes) => x.shape[0] > 0 && accepts(x, attributes),
  run: ({ x }, attributes, backend) => {
    const [batch, height, width, channels] = x.shape;
    const [out, argmax] = runMaxPool(backend, x, tfjsPoolWindows(x.shape, attributes), true);
    // argmax is a position: index = position * channels + channel (+ where the image begins)
    const images = attributes.includeBatchInIndex ? batch : 1;
    const starts = Int32Array.from({ length: images * channels }, (_, i) => {
      return Math.floor(i / channels) * height * width * channels + (i % channels);
    });
    const number = (values: Int32Array, shape: number[]): TensorInfo => {
      return { dataId: backend.write(values, shape, 'int32'), shape, dtype: 'int32' };
    };
    const factor = number(Int32Array.of(channels), [1]);
    const offsets = number(starts, [images, 1, 1, channels]);
    const [scaled, indices] = [0, 1].map(() => backend.allocate(argmax.shape, 'int32'));
    runBroadcast(backend, 'mul_i32', argmax, factor, scaled);
    runBroadcast(backend, 'add_i32', scaled, offsets, indices);
    for (const { dataId } of [argmax, factor, offsets, scaled]) backend.disposeData(dataId);
    return [out, indices];
  },
});

export const tfjsPoolKernels: readonly KernelConfig[] = [
  maxPool('MaxPool'),
  maxPoolGrad('MaxPoolGrad'),
  averagePool('AvgPool'),
  averagePoolGrad('AvgPoolGrad'),
  maxPool('MaxPool3D'),
  maxPoolGrad('MaxPool3DGrad'),
  averagePool('AvgPool3D'),
  averagePoolGrad('AvgPool3DGrad'),
  maxPoolWithArgmax,
];

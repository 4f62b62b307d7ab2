// SPDX-License-Identifier: Apache-2.0
// Linear maps along one axis on device cpu.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import {
  type ResampleAttributes,
  type ResampleGradInputs,
  type ResampleInputs,
  withLength,
} from '../definitions/resample.ts';
import { nativeKernel } from '../kernel.ts';

/** The axes of a call as the native kernels take them; `shape` is that of x. */
function axesOf(shape: readonly number[], axis: number, [outLength, taps]: readonly number[]) {
  return {
    outer: sizeOf(shape.slice(0, axis)),
    length: shape[axis],
    inner: sizeOf(shape.slice(axis + 1)),
    out_length: outLength,
    taps,
  };
}

const resample = nativeKernel<ResampleInputs, ResampleAttributes>('NablaResample', {
  needs: ['resample_f32'],
  run: ({ x, indices, weights }, { axis }, backend) => {
    const out = backend.allocate(withLength(x.shape, axis, indices.shape[0]), 'float32');
    backend.kernels.resample_f32({
      in: backend.buffer(x),
      indices: backend.buffer(indices),
      weights: backend.buffer(weights),
      out: backend.buffer(out),
      ...axesOf(x.shape, axis, indices.shape),
    });
    return out;
  },
});

const resampleGrad = nativeKernel<ResampleGradInputs, ResampleAttributes>('NablaResampleGrad', {
  needs: ['resample_grad_f32'],
  run: ({ gradOut, indices, weights }, { axis, length }, backend) => {
    const gradX = backend.allocate(withLength(gradOut.shape, axis, length), 'float32');
    backend.kernels.resample_grad_f32({
      grad_out: backend.buffer(gradOut),
      indices: backend.buffer(indices),
      weights: backend.buffer(weights),
      grad_in: backend.buffer(gradX),
      ...axesOf(gradX.shape, axis, indices.shape),
    });
    return gradX;
  },
});

export const resampleKernels: readonly KernelConfig[] = [resample, resampleGrad];

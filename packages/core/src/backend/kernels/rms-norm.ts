// SPDX-License-Identifier: Apache-2.0
// Root mean square normalization on device cpu.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import type { RmsNormAttributes, RmsNormGradInputs, RmsNormInputs } from '../definitions/rms-norm.ts';
import { nativeKernel } from '../kernel.ts';

const rmsNorm = nativeKernel<RmsNormInputs, RmsNormAttributes>('NablaRmsNorm', {
  run: ({ x, weight }, { epsilon }, backend) => {
    const features = sizeOf(weight.shape);
    const rows = sizeOf(x.shape) / features;
    const out = backend.allocate(x.shape, 'float32');
    const inverseRms = backend.allocate([rows], 'float32');
    backend.kernels.rms_norm_f32({
      in: backend.buffer(x),
      weight: backend.buffer(weight),
      out: backend.buffer(out),
      inverse_rms: backend.buffer(inverseRms),
      rows,
      features,
      epsilon,
    });
    return [out, inverseRms];
  },
});

const rmsNormGrad = nativeKernel<RmsNormGradInputs, object>('NablaRmsNormGrad', {
  run: ({ gradOut, x, weight, inverseRms }, _, backend) => {
    const gradX = backend.allocate(x.shape, 'float32');
    const gradWeight = backend.allocate(weight.shape, 'float32');
    backend.kernels.rms_norm_grad_f32({
      grad_out: backend.buffer(gradOut),
      in: backend.buffer(x),
      weight: backend.buffer(weight),
      inverse_rms: backend.buffer(inverseRms),
      grad_in: backend.buffer(gradX),
      grad_weight: backend.buffer(gradWeight),
      rows: sizeOf(inverseRms.shape),
      features: sizeOf(weight.shape),
    });
    return [gradX, gradWeight];
  },
});

export const rmsNormKernels: readonly KernelConfig[] = [rmsNorm, rmsNormGrad];

// SPDX-License-Identifier: Apache-2.0
// Layer normalization on device cpu.

import type { KernelConfig } from '../../tf.ts';
import type { LayerNormAttributes, LayerNormGradInputs, LayerNormInputs } from '../definitions/layer-norm.ts';
import { sizeOf } from '../../shape.ts';
import { nativeKernel } from '../kernel.ts';

const layerNorm = nativeKernel<LayerNormInputs, LayerNormAttributes>('NablaLayerNorm', {
  run: ({ x, weight, bias }, { epsilon }, backend) => {
    const features = sizeOf(weight.shape);
    const rows = sizeOf(x.shape) / features;
    const out = backend.allocate(x.shape, 'float32');
    const mean = backend.allocate([rows], 'float32');
    const inverseDeviation = backend.allocate([rows], 'float32');
    backend.kernels.layer_norm_f32({
      in: backend.buffer(x),
      weight: backend.buffer(weight),
      bias: backend.buffer(bias),
      out: backend.buffer(out),
      mean: backend.buffer(mean),
      inverse_deviation: backend.buffer(inverseDeviation),
      rows,
      features,
      epsilon,
    });
    return [out, mean, inverseDeviation];
  },
});

const layerNormGrad = nativeKernel<LayerNormGradInputs, object>('NablaLayerNormGrad', {
  run: ({ gradOut, x, weight, mean, inverseDeviation }, _, backend) => {
    const features = sizeOf(weight.shape);
    const gradX = backend.allocate(x.shape, 'float32');
    const gradWeight = backend.allocate(weight.shape, 'float32');
    const gradBias = backend.allocate(weight.shape, 'float32');
    backend.kernels.layer_norm_grad_f32({
      grad_out: backend.buffer(gradOut),
      in: backend.buffer(x),
      weight: backend.buffer(weight),
      mean: backend.buffer(mean),
      inverse_deviation: backend.buffer(inverseDeviation),
      grad_in: backend.buffer(gradX),
      grad_weight: backend.buffer(gradWeight),
      grad_bias: backend.buffer(gradBias),
      rows: sizeOf(mean.shape),
      features,
    });
    return [gradX, gradWeight, gradBias];
  },
});

export const layerNormKernels: readonly KernelConfig[] = [layerNorm, layerNormGrad];

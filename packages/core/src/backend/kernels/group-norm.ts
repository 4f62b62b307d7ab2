// SPDX-License-Identifier: Apache-2.0
// Normalization over groups of channels on device cpu.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import type {
  GroupNormAttributes,
  GroupNormGradAttributes,
  GroupNormGradInputs,
  GroupNormInputs,
  NormalizeAttributes,
  NormalizeInputs,
} from '../definitions/group-norm.ts';
import { nativeKernel } from '../kernel.ts';

/** The positions of each example; 0 without examples. */
function positionsOf(shape: readonly number[], channels: number, batch: number): number {
  return batch === 0 ? 0 : sizeOf(shape) / channels / batch;
}

const groupNorm = nativeKernel<GroupNormInputs, GroupNormAttributes>('NablaGroupNorm', {
  needs: ['group_norm_f32'],
  run: ({ x, weight, bias }, { batch, groups, epsilon }, backend) => {
    const channels = sizeOf(weight.shape);
    const out = backend.allocate(x.shape, 'float32');
    const mean = backend.allocate([batch, groups], 'float32');
    const variance = backend.allocate([batch, groups], 'float32');
    backend.kernels.group_norm_f32({
      in: backend.buffer(x),
      weight: backend.buffer(weight),
      bias: backend.buffer(bias),
      out: backend.buffer(out),
      mean: backend.buffer(mean),
      variance: backend.buffer(variance),
      batch,
      positions: positionsOf(x.shape, channels, batch),
      channels,
      groups,
      epsilon,
    });
    return [out, mean, variance];
  },
});

const groupNormGrad = nativeKernel<GroupNormGradInputs, GroupNormGradAttributes>('NablaGroupNormGrad', {
  needs: ['group_norm_grad_f32'],
  run: ({ gradOut, x, weight, mean, variance }, { batch, groups, epsilon, constant }, backend) => {
    const channels = sizeOf(weight.shape);
    const gradX = backend.allocate(x.shape, 'float32');
    const gradWeight = backend.allocate(weight.shape, 'float32');
    const gradBias = backend.allocate(weight.shape, 'float32');
    backend.kernels.group_norm_grad_f32({
      grad_out: backend.buffer(gradOut),
      in: backend.buffer(x),
      weight: backend.buffer(weight),
      mean: backend.buffer(mean),
      variance: backend.buffer(variance),
      grad_in: backend.buffer(gradX),
      grad_weight: backend.buffer(gradWeight),
      grad_bias: backend.buffer(gradBias),
      batch,
      positions: positionsOf(x.shape, channels, batch),
      channels,
      groups,
      epsilon,
      constant: Number(constant),
    });
    return [gradX, gradWeight, gradBias];
  },
});

const normalize = nativeKernel<NormalizeInputs, NormalizeAttributes>('NablaNormalize', {
  needs: ['normalize_f32'],
  run: ({ x, weight, bias, mean, variance }, { epsilon }, backend) => {
    const channels = sizeOf(weight.shape);
    const out = backend.allocate(x.shape, 'float32');
    backend.kernels.normalize_f32({
      in: backend.buffer(x),
      weight: backend.buffer(weight),
      bias: backend.buffer(bias),
      mean: backend.buffer(mean),
      variance: backend.buffer(variance),
      out: backend.buffer(out),
      rows: sizeOf(x.shape) / channels,
      channels,
      epsilon,
    });
    return out;
  },
});

export const groupNormKernels: readonly KernelConfig[] = [groupNorm, groupNormGrad, normalize];

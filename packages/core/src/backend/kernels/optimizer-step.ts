// SPDX-License-Identifier: Apache-2.0
// Steps of optimizers on device cpu: one native call for all tensors.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type { AdamWStepAttributes, MomentumStepAttributes, SgdStepAttributes } from '../definitions/optimizer-step.ts';
import { nativeKernel } from '../kernel.ts';
import { runOnLists, splitLists } from '../tensor-lists.ts';

const adamWStep = nativeKernel<readonly TensorInfo[], AdamWStepAttributes>('NablaAdamWStep', {
  run: (inputs, attributes, backend) => {
    const { decay, firstRate, secondDecay, secondRate, stepSize, secondScale, epsilon } = attributes;
    runOnLists(backend, splitLists(inputs, 4), ([parameters, gradients, firstMoments, secondMoments], lengths) => {
      backend.kernels.adamw_step_f32({
        parameters,
        gradients,
        first_moments: firstMoments,
        second_moments: secondMoments,
        lengths,
        decay,
        first_rate: firstRate,
        second_decay: secondDecay,
        second_rate: secondRate,
        step_size: stepSize,
        second_scale: secondScale,
        epsilon,
      });
    });
    return [];
  },
});

const sgdStep = nativeKernel<readonly TensorInfo[], SgdStepAttributes>('NablaSgdStep', {
  run: (inputs, { learningRate, weightDecay }, backend) => {
    runOnLists(backend, splitLists(inputs, 2), ([parameters, gradients], lengths) => {
      const call = { parameters, gradients, lengths, learning_rate: learningRate, weight_decay: weightDecay };
      backend.kernels.sgd_step_f32(call);
    });
    return [];
  },
});

const momentumStep = nativeKernel<readonly TensorInfo[], MomentumStepAttributes>('NablaMomentumStep', {
  run: (inputs, { learningRate, weightDecay, momentum, gradientRate, nesterov, first }, backend) => {
    runOnLists(backend, splitLists(inputs, 3), ([parameters, gradients, velocities], lengths) => {
      backend.kernels.momentum_step_f32({
        parameters,
        gradients,
        velocities,
        lengths,
        learning_rate: learningRate,
        weight_decay: weightDecay,
        momentum,
        gradient_rate: gradientRate,
        nesterov: Number(nesterov),
        first: Number(first),
      });
    });
    return [];
  },
});

export const optimizerStepKernels: readonly KernelConfig[] = [adamWStep, sgdStep, momentumStep];

// SPDX-License-Identifier: Apache-2.0
// Activation functions on device cpu.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import {
  ACTIVATIONS,
  type ActivationAttributes,
  type ActivationGradInputs,
  type GeluAttributes,
} from '../definitions/activation.ts';
import { nativeKernel } from '../kernel.ts';

const gelu = nativeKernel<{ x: TensorInfo }, GeluAttributes>('NablaGelu', {
  run: ({ x }, { activation }, backend) => {
    const out = backend.allocate(x.shape, 'float32');
    backend.kernels.activation_f32({
      in: backend.buffer(x),
      out: backend.buffer(out),
      count: sizeOf(x.shape),
      activation: ACTIVATIONS.indexOf(activation),
    });
    return out;
  },
});

const activationGrad = nativeKernel<ActivationGradInputs, ActivationAttributes>('NablaActivationGrad', {
  run: ({ gradOut, saved }, { activation }, backend) => {
    const gradIn = backend.allocate(gradOut.shape, 'float32');
    backend.kernels.activation_grad_f32({
      grad_out: backend.buffer(gradOut),
      saved: backend.buffer(saved),
      grad_in: backend.buffer(gradIn),
      count: sizeOf(gradOut.shape),
      activation: ACTIVATIONS.indexOf(activation),
    });
    return gradIn;
  },
});

export const activationKernels: readonly KernelConfig[] = [gelu, activationGrad];

// SPDX-License-Identifier: Apache-2.0
// Connectionist temporal classification on device cpu.

import type { KernelConfig } from '../../tf.ts';
import type { CtcLossAttributes, CtcLossGradInputs, CtcLossInputs } from '../definitions/ctc-loss.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend } from '../native-backend.ts';

const ctcLoss = nativeKernel<CtcLossInputs, CtcLossAttributes>('NablaCtcLoss', {
  needs: ['ctc_loss_f32'],
  run: (inputs, attributes, backend) => {
    const [batch, time] = inputs.logProbabilities.shape;
    const loss = backend.allocate([batch], 'float32');
    const alpha = backend.allocate([batch, time, 2 * inputs.targets.shape[1] + 1], 'float32');
    backend.kernels.ctc_loss_f32({
      ...shared(inputs, attributes, backend),
      loss: backend.buffer(loss),
      alpha: backend.buffer(alpha),
    });
    return [loss, alpha];
  },
});

const ctcLossGrad = nativeKernel<CtcLossGradInputs, CtcLossAttributes>('NablaCtcLossGrad', {
  needs: ['ctc_loss_grad_f32'],
  run: (inputs, attributes, backend) => {
    const gradIn = backend.allocate(inputs.logProbabilities.shape, 'float32');
    backend.kernels.ctc_loss_grad_f32({
      ...shared(inputs, attributes, backend),
      grad_out: backend.buffer(inputs.gradOut),
      alpha: backend.buffer(inputs.alpha),
      grad_in: backend.buffer(gradIn),
    });
    return gradIn;
  },
});

/** What both kernels are given. */
function shared(inputs: CtcLossInputs, { blank, zeroInfinity }: CtcLossAttributes, backend: NativeBackend) {
  const [batch, time, classes] = inputs.logProbabilities.shape;
  return {
    in: backend.buffer(inputs.logProbabilities),
    targets: backend.buffer(inputs.targets),
    input_lengths: backend.buffer(inputs.inputLengths),
    target_lengths: backend.buffer(inputs.targetLengths),
    batch,
    time,
    classes,
    length: inputs.targets.shape[1],
    blank,
    zero_infinity: Number(zeroInfinity),
  };
}

export const ctcLossKernels: readonly KernelConfig[] = [ctcLoss, ctcLossGrad];

// SPDX-License-Identifier: Apache-2.0
// Losses of pairs of elements on device cpu.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import {
  ELEMENTWISE_LOSSES,
  type ElementwiseLossAttributes,
  type ElementwiseLossGradInputs,
  type ElementwiseLossInputs,
} from '../definitions/elementwise-loss.ts';
import { REDUCTIONS } from '../definitions/softmax-cross-entropy.ts';
import { nativeKernel } from '../kernel.ts';

// Both write out all arguments: a common part, spread into them, took longer than the kernel of a small loss.
const elementwiseLoss = nativeKernel<ElementwiseLossInputs, ElementwiseLossAttributes>('NablaElementwiseLoss', {
  run: ({ prediction, target }, { kind, reduction, delta }, backend) => {
    const loss = backend.allocate(reduction === 'none' ? prediction.shape : [], 'float32');
    backend.kernels.elementwise_loss_f32({
      prediction: backend.buffer(prediction),
      target: backend.buffer(target),
      loss: backend.buffer(loss),
      count: sizeOf(prediction.shape),
      kind: ELEMENTWISE_LOSSES.indexOf(kind),
      reduction: REDUCTIONS.indexOf(reduction),
      delta,
    });
    return loss;
  },
});

const elementwiseLossGrad = nativeKernel<ElementwiseLossGradInputs, ElementwiseLossAttributes>(
  'NablaElementwiseLossGrad',
  {
    run: ({ gradOut, prediction, target }, { kind, reduction, delta }, backend) => {
      const gradPrediction = backend.allocate(prediction.shape, 'float32');
      backend.kernels.elementwise_loss_grad_f32({
        grad_out: backend.buffer(gradOut),
        prediction: backend.buffer(prediction),
        target: backend.buffer(target),
        grad_prediction: backend.buffer(gradPrediction),
        count: sizeOf(prediction.shape),
        kind: ELEMENTWISE_LOSSES.indexOf(kind),
        reduction: REDUCTIONS.indexOf(reduction),
        delta,
      });
      return gradPrediction;
    },
  },
);

export const elementwiseLossKernels: readonly KernelConfig[] = [elementwiseLoss, elementwiseLossGrad];

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
import type { NativeBackend } from '../native-backend.ts';

const common = (
  { prediction, target }: ElementwiseLossInputs,
  { kind, reduction, delta }: ElementwiseLossAttributes,
  backend: NativeBackend,
): Record<'prediction' | 'target' | 'count' | 'kind' | 'reduction' | 'delta', number> => ({
  prediction: backend.buffer(prediction),
  target: backend.buffer(target),
  count: sizeOf(prediction.shape),
  kind: ELEMENTWISE_LOSSES.indexOf(kind),
  reduction: REDUCTIONS.indexOf(reduction),
  delta,
});

const elementwiseLoss = nativeKernel<ElementwiseLossInputs, ElementwiseLossAttributes>('NablaElementwiseLoss', {
  run: (inputs, attributes, backend) => {
    const loss = backend.allocate(attributes.reduction === 'none' ? inputs.prediction.shape : [], 'float32');
    backend.kernels.elementwise_loss_f32({ ...common(inputs, attributes, backend), loss: backend.buffer(loss) });
    return loss;
  },
});

const elementwiseLossGrad = nativeKernel<ElementwiseLossGradInputs, ElementwiseLossAttributes>(
  'NablaElementwiseLossGrad',
  {
    run: ({ gradOut, ...inputs }, attributes, backend) => {
      const gradPrediction = backend.allocate(inputs.prediction.shape, 'float32');
      backend.kernels.elementwise_loss_grad_f32({
        ...common(inputs, attributes, backend),
        grad_out: backend.buffer(gradOut),
        grad_prediction: backend.buffer(gradPrediction),
      });
      return gradPrediction;
    },
  },
);

export const elementwiseLossKernels: readonly KernelConfig[] = [elementwiseLoss, elementwiseLossGrad];

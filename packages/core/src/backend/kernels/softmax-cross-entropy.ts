// SPDX-License-Identifier: Apache-2.0
// Softmax cross-entropy on device cpu.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import {
  type CrossEntropyAttributes,
  type CrossEntropyGradInputs,
  type CrossEntropyInputs,
  REDUCTIONS,
} from '../definitions/softmax-cross-entropy.ts';
import { nativeKernel } from '../kernel.ts';

const crossEntropy = nativeKernel<CrossEntropyInputs, CrossEntropyAttributes>('NablaSoftmaxCrossEntropy', {
  run: ({ logits, labels }, { reduction }, backend) => {
    const loss = backend.allocate(reduction === 'none' ? labels.shape : [], 'float32');
    const maximum = backend.allocate(labels.shape, 'float32');
    const inverseSum = backend.allocate(labels.shape, 'float32');
    backend.kernels.softmax_cross_entropy_f32({
      in: backend.buffer(logits),
      labels: backend.buffer(labels),
      loss: backend.buffer(loss),
      maximum: backend.buffer(maximum),
      inverse_sum: backend.buffer(inverseSum),
      rows: sizeOf(labels.shape),
      columns: logits.shape[logits.shape.length - 1],
      reduction: REDUCTIONS.indexOf(reduction),
    });
    return [loss, maximum, inverseSum];
  },
});

const crossEntropyGrad = nativeKernel<CrossEntropyGradInputs, CrossEntropyAttributes>('NablaSoftmaxCrossEntropyGrad', {
  run: ({ gradOut, logits, labels, maximum, inverseSum }, { reduction }, backend) => {
    const gradLogits = backend.allocate(logits.shape, 'float32');
    backend.kernels.softmax_cross_entropy_grad_f32({
      grad_out: backend.buffer(gradOut),
      in: backend.buffer(logits),
      labels: backend.buffer(labels),
      maximum: backend.buffer(maximum),
      inverse_sum: backend.buffer(inverseSum),
      grad_in: backend.buffer(gradLogits),
      rows: sizeOf(labels.shape),
      columns: logits.shape[logits.shape.length - 1],
      reduction: REDUCTIONS.indexOf(reduction),
    });
    return gradLogits;
  },
});

export const crossEntropyKernels: readonly KernelConfig[] = [crossEntropy, crossEntropyGrad];

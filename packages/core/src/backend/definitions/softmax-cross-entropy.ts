// SPDX-License-Identifier: Apache-2.0
// Softmax cross-entropy in TypeScript; see native/src/kernels/softmax_cross_entropy.h for the formulas.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import { dataError } from '../data-error.ts';

const { exp, log, max } = Math;

/** The order is that of `enum Reduction` in native/src/kernels/softmax_cross_entropy.h. */
export const REDUCTIONS = ['none', 'sum', 'mean'] as const;

/** What is made of the losses of all rows. */
export type Reduction = (typeof REDUCTIONS)[number];

export interface CrossEntropyInputs {
  readonly logits: TensorInfo; // [...batch, classes]
  readonly labels: TensorInfo; // [...batch], int32
}
export interface CrossEntropyGradInputs extends CrossEntropyInputs {
  readonly gradOut: TensorInfo; // [] or [...batch]
  readonly maximum: TensorInfo; // [...batch]
  readonly inverseSum: TensorInfo; // [...batch]
}
export interface CrossEntropyAttributes {
  readonly reduction: Reduction;
}

function checkLabels(labels: ArrayLike<number>, classes: number): void {
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row];
    if (label >= 0 && label < classes) continue;
    throw dataError('softmaxCrossEntropy', 'labels', `from 0 to ${classes - 1}`, `${label} in row ${row}`);
  }
}

/** → [loss `[]` or `[...batch]`, maximum `[...batch]`, inverseSum `[...batch]`] */
const crossEntropy = definition<CrossEntropyInputs, CrossEntropyAttributes>(
  'NablaSoftmaxCrossEntropy',
  ({ logits, labels }, { reduction }, backend) => {
    const [input, targets] = [backend.floats(logits), backend.values(labels)];
    const rows = targets.length;
    const classes = logits.shape[logits.shape.length - 1];
    checkLabels(targets, classes);
    const losses = new Float32Array(rows);
    const maxima = new Float32Array(rows);
    const inverses = new Float32Array(rows);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const start = row * classes;
      let maximum = input[start];
      for (let c = 1; c < classes; c++) maximum = max(maximum, input[start + c]);
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += exp(input[start + c] - maximum);
      maxima[row] = maximum;
      inverses[row] = 1 / sum;
      losses[row] = maximum - input[start + targets[row]] + log(sum);
      total += losses[row];
    }
    const reduced = reduction === 'none' ? losses : Float32Array.of(reduction === 'sum' ? total : total / rows);
    return [
      backend.make(reduction === 'none' ? labels.shape : [], 'float32', reduced),
      backend.make(labels.shape, 'float32', maxima),
      backend.make(labels.shape, 'float32', inverses),
    ];
  },
);

/** → gradLogits `[...batch, classes]` */
const crossEntropyGrad = definition<CrossEntropyGradInputs, CrossEntropyAttributes>(
  'NablaSoftmaxCrossEntropyGrad',
  ({ gradOut, logits, labels, maximum, inverseSum }, { reduction }, backend) => {
    const [grads, input, targets] = [backend.floats(gradOut), backend.floats(logits), backend.values(labels)];
    const [maxima, inverses] = [backend.floats(maximum), backend.floats(inverseSum)];
    const rows = targets.length;
    const classes = logits.shape[logits.shape.length - 1];
    checkLabels(targets, classes);
    const gradLogits = new Float32Array(input.length);
    const divisor = reduction === 'mean' ? rows : 1;
    for (let row = 0; row < rows; row++) {
      const start = row * classes;
      const grad = (reduction === 'none' ? grads[row] : grads[0]) / divisor;
      const factor = inverses[row] * grad;
      for (let c = 0; c < classes; c++) gradLogits[start + c] = exp(input[start + c] - maxima[row]) * factor;
      gradLogits[start + targets[row]] -= grad;
    }
    return backend.make(logits.shape, 'float32', gradLogits);
  },
);

export const crossEntropyDefinitions: readonly KernelConfig[] = [crossEntropy, crossEntropyGrad];

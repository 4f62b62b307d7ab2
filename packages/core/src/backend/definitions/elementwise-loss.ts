// SPDX-License-Identifier: Apache-2.0
// Losses of predictions against targets, element by element, in TypeScript; see native/src/kernels/elementwise_loss.h.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import type { Reduction } from './softmax-cross-entropy.ts';

const { abs, exp, log1p, max, min, sign } = Math;

/** The order is that of `enum ElementwiseLossKind` in native/src/kernels/elementwise_loss.h. */
export const ELEMENTWISE_LOSSES = ['squared', 'absolute', 'huber', 'logistic'] as const;

/** How far a prediction is from its target. */
export type ElementwiseLoss = (typeof ELEMENTWISE_LOSSES)[number];

/** Of a prediction x and a target t: the loss, and its derivative by x. */
interface PairFunction {
  readonly value: (x: number, t: number, delta: number) => number;
  readonly slope: (x: number, t: number, delta: number) => number;
}

const pairFunctions: Readonly<Record<ElementwiseLoss, PairFunction>> = {
  squared: { value: (x, t) => (x - t) * (x - t), slope: (x, t) => 2 * (x - t) },
  absolute: { value: (x, t) => abs(x - t), slope: (x, t) => sign(x - t) },
  huber: {
    value: (x, t, delta) => {
      const near = min(abs(x - t), delta);
      return near * (abs(x - t) - near / 2);
    },
    slope: (x, t, delta) => max(min(x - t, delta), -delta),
  },
  logistic: {
    value: (x, t) => max(x, 0) - x * t + log1p(exp(-abs(x))),
    slope: (x, t) => 1 / (1 + exp(-x)) - t,
  },
};

export interface ElementwiseLossInputs {
  readonly prediction: TensorInfo; // any shape
  readonly target: TensorInfo; // the same
}
export interface ElementwiseLossGradInputs extends ElementwiseLossInputs {
  readonly gradOut: TensorInfo; // [], or the shape of prediction
}
export interface ElementwiseLossAttributes {
  readonly kind: ElementwiseLoss;
  readonly reduction: Reduction;
  /** Where the square of `huber` ends. */
  readonly delta: number;
}

/** → loss `[]`, or of the shape of prediction */
const elementwiseLoss = definition<ElementwiseLossInputs, ElementwiseLossAttributes>(
  'NablaElementwiseLoss',
  ({ prediction, target }, { kind, reduction, delta }, backend) => {
    const [x, t] = [backend.floats(prediction), backend.floats(target)];
    const { value } = pairFunctions[kind];
    if (reduction === 'none') {
      const losses = x.map((number, i) => value(number, t[i], delta));
      return backend.make(prediction.shape, 'float32', losses);
    }
    let total = 0;
    for (let i = 0; i < x.length; i++) total += value(x[i], t[i], delta);
    return backend.make([], 'float32', Float32Array.of(reduction === 'sum' ? total : total / x.length));
  },
);

/** → gradPrediction, of the shape of prediction */
const elementwiseLossGrad = definition<ElementwiseLossGradInputs, ElementwiseLossAttributes>(
  'NablaElementwiseLossGrad',
  ({ gradOut, prediction, target }, { kind, reduction, delta }, backend) => {
    const [grads, x, t] = [backend.floats(gradOut), backend.floats(prediction), backend.floats(target)];
    const { slope } = pairFunctions[kind];
    const common = grads[0] / (reduction === 'mean' ? x.length : 1);
    const gradX = x.map((number, i) => slope(number, t[i], delta) * (reduction === 'none' ? grads[i] : common));
    return backend.make(prediction.shape, 'float32', gradX);
  },
);

export const elementwiseLossDefinitions: readonly KernelConfig[] = [elementwiseLoss, elementwiseLossGrad];

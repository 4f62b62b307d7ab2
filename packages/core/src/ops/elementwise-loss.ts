// SPDX-License-Identifier: Apache-2.0
// Losses of predictions against targets, element by element: checks, the plain formulas, the fused kernel and its gradient.

import {
  ELEMENTWISE_LOSSES,
  type ElementwiseLoss,
  type ElementwiseLossAttributes,
} from '../backend/definitions/elementwise-loss.ts';
import { REDUCTIONS } from '../backend/definitions/softmax-cross-entropy.ts';
import { checkFloat, checkNumber, checkOneOf, checkOptions, checkShape } from '../check.ts';
import { type Tensor, abs, add, exp, log1p, mean, minimum, mul, neg, square, sub, sum } from '../tf.ts';
import { defineGradient, runFused, runKernelForOne } from './run.ts';

export interface ElementwiseLossOptions {
  /** What is made of the losses: their `mean` (default), their `sum`, or `none` to keep them. */
  reduction?: 'mean' | 'sum' | 'none';
  /** Where the square of `huber` ends; default 1. */
  delta?: number;
}

/**
 * The loss of each prediction x against its target t, with d = x - t:
 *
 *     squared    d²
 *     absolute   |d|, with derivative 0 at 0
 *     huber      q (|d| - q / 2) with q = min(|d|, delta)
 *     logistic   -(t log σ(x) + (1 - t) log(1 - σ(x))) = max(x, 0) - x t + log(1 + e^-|x|)
 *
 * in one pass over memory, and one for the gradient.
 *
 * @param prediction any shape, float32
 * @param target     the same shape, float32
 * @returns          a scalar, or with reduction `none` the shape of `prediction`
 * @throws {ShapeError} the shapes differ
 * @throws {ArgumentError} an unknown kind or reduction, or delta not above 0
 * @example
 * elementwiseLoss('squared', tensor1d([1, 2]), tensor1d([1, 4])); // 2
 */
export function elementwiseLoss(
  kind: ElementwiseLoss,
  prediction: Tensor,
  target: Tensor,
  options: ElementwiseLossOptions = {},
): Tensor {
  const op = 'elementwiseLoss';
  checkOptions(op, options, ['reduction', 'delta']);
  checkOneOf(op, 'kind', kind, ELEMENTWISE_LOSSES);
  checkFloat(op, { prediction, target });
  checkShape(op, 'target', target, prediction.shape, 'It must have the shape of prediction.');
  const { reduction = 'mean', delta = 1 } = options;
  checkOneOf(op, 'reduction', reduction, REDUCTIONS);
  checkNumber(op, 'delta', delta, { above: 0 });
  return runFused('NablaElementwiseLoss', { prediction, target }, { kind, reduction, delta });
}

/** The formulas of {@link elementwiseLoss}, op by op. */
export function plainElementwiseLoss(
  kind: ElementwiseLoss,
  prediction: Tensor,
  target: Tensor,
  { reduction = 'mean', delta = 1 }: ElementwiseLossOptions = {},
): Tensor {
  const losses = plainLosses[kind](prediction, target, delta);
  return reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : mean(losses);
}

const plainLosses: Readonly<Record<ElementwiseLoss, (x: Tensor, t: Tensor, delta: number) => Tensor>> = {
  squared: (x, t) => square(sub(x, t)),
  absolute: (x, t) => abs(sub(x, t)),
  huber: (x, t, delta) => {
    const distance = abs(sub(x, t));
    const near = minimum(distance, delta);
    return mul(near, sub(distance, mul(near, 0.5)));
  },
  logistic: (x, t) => {
    const magnitudes = abs(x);
    // max(x, 0) as the mean of x and its magnitude, which has slope 1/2 at 0, as the whole has at target 0.
    const linear = sub(mul(add(x, magnitudes), 0.5), mul(x, t));
    return add(linear, log1p(exp(neg(magnitudes))));
  },
};

defineGradient<ElementwiseLossAttributes>({
  kernelName: 'NablaElementwiseLoss',
  savedInputs: ['prediction', 'target'],
  gradient: (gradOut, [prediction, target], attributes) => {
    const inputs = { gradOut, prediction, target };
    const gradPrediction = (): Tensor => runKernelForOne('NablaElementwiseLossGrad', inputs, attributes);
    const { kind, reduction } = attributes;
    return {
      prediction: gradPrediction,
      target: () => {
        if (kind !== 'logistic') return neg(gradPrediction()); // a function of the difference
        return mul(prediction, mul(gradOut, reduction === 'mean' ? -1 / prediction.size : -1));
      },
    };
  },
  plain:
    ({ kind, ...options }) =>
    ({ prediction, target }) =>
      plainElementwiseLoss(kind, prediction, target, options),
});

// SPDX-License-Identifier: Apache-2.0
// Cross-entropy of a softmax against integer labels: checks, the plain formula, the fused kernel and its gradient.

import {
  type CrossEntropyAttributes,
  REDUCTIONS,
  type Reduction,
} from '../backend/definitions/softmax-cross-entropy.ts';
import { checkDtype, checkFloat, checkOneOf, checkOptions, checkRank, checkShape, checkTensor } from '../check.ts';
import { formatShape } from '../errors.ts';
import { type Tensor, logSoftmax, mean, mul, neg, oneHot, sum } from '../tf.ts';
import { defineGradient, runFused, runKernelForOne } from './run.ts';

export interface SoftmaxCrossEntropyOptions {
  /** Of the losses of all positions: their mean, their sum, or each one; default `mean`. */
  reduction?: Reduction;
}

/**
 * `-log(softmax(logits)[label])` at each position of the batch: how surprised a classifier is by the right class, in nats.
 * Computed from `logits - max(logits)`, so that large logits do not overflow.
 *
 * @param logits   `[...batch, classes]`, float32
 * @param labels   `[...batch]`, int32, from 0 to classes - 1
 * @param options  `reduction`: `mean` (default), `sum` or `none`
 * @returns        `[]`, or `[...batch]` with `reduction: 'none'`; the mean of an empty batch is NaN
 * @throws {ShapeError} `labels` is not `[...batch]`, or there is no class
 * @throws {DTypeError} `logits` is not float32 or `labels` is not int32
 * @throws {ArgumentError} a label is out of range (code `DATA`), or an unknown `reduction`
 * @example
 * softmaxCrossEntropy(tensor2d([[2, 2], [0, 100]]), tensor1d([0, 1], 'int32')); // 0.346574
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor, options: SoftmaxCrossEntropyOptions = {}): Tensor {
  const op = 'softmaxCrossEntropy';
  checkOptions(op, options, ['reduction']);
  checkFloat(op, { logits });
  checkTensor(op, 'labels', labels);
  checkDtype(op, 'labels', labels, 'int32');
  checkRank(op, 'logits', logits, 1, Infinity);
  if (logits.shape.at(-1) === 0) checkShape(op, 'logits', logits, ['...batch', 1], 'There must be at least one class.');
  const hint = (): string =>
    `It must match logits, whose shape is ${formatShape(logits.shape)}, without the last axis.`;
  checkShape(op, 'labels', labels, logits.shape.slice(0, -1), hint);
  const { reduction = 'mean' } = options;
  checkOneOf(op, 'reduction', reduction, REDUCTIONS);
  return runFused('NablaSoftmaxCrossEntropy', { logits, labels }, { reduction });
}

/** The formula of {@link softmaxCrossEntropy}, op by op. */
export function plainSoftmaxCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { reduction = 'mean' }: SoftmaxCrossEntropyOptions = {},
): Tensor {
  const classes = logits.shape.at(-1) ?? 1;
  const chosen = oneHot(labels, classes); // [...batch, classes]
  const losses = neg(sum(mul(logSoftmax(logits), chosen), -1)); // [...batch]
  return reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : mean(losses);
}

defineGradient<CrossEntropyAttributes>({
  kernelName: 'NablaSoftmaxCrossEntropy',
  savedInputs: ['logits', 'labels'],
  savedOutputs: [false, true, true],
  gradient: (gradOut, [logits, labels, maximum, inverseSum], attributes) => ({
    logits: runKernelForOne(
      'NablaSoftmaxCrossEntropyGrad',
      { gradOut, logits, labels, maximum, inverseSum },
      attributes,
    ),
  }),
  plain:
    (options) =>
    ({ logits, labels }) =>
      plainSoftmaxCrossEntropy(logits, labels, options),
});

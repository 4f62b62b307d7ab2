// SPDX-License-Identifier: Apache-2.0
// The cost of predicting a class, or probabilities of classes, with given logits.

import {
  ArgumentError,
  ShapeError,
  type Tensor,
  type Variable,
  add,
  checkInteger,
  checkNumber,
  checkShape,
  logSoftmax,
  mul,
  neg,
  softmaxCrossEntropy,
  sum,
} from '@nabla/core';

import { Module } from '../module.ts';
import {
  type CheckedLabelOptions,
  type LabelOptions,
  checkClasses,
  checkLabelOptions,
  pickByLabel,
  readLabels,
  reduceLabelled,
} from './labels.ts';
import { type Reduction, keepWeight, reduceLoss } from './reduction.ts';

export interface CrossEntropyOptions extends LabelOptions {
  /** Part of the target that is spread evenly over all classes, from 0 to 1; default 0. */
  labelSmoothing?: number;
  /** How many classes there are: a network that gives another number of logits is an error then. Default: as many as it gives. */
  classes?: number | undefined;
}

interface CheckedOptions extends CheckedLabelOptions {
  readonly labelSmoothing: number;
  readonly classes: number | undefined;
}

function checkCrossEntropyOptions(op: string, options: CrossEntropyOptions): CheckedOptions {
  const checked = checkLabelOptions(op, options, ['labelSmoothing', 'classes']);
  const { labelSmoothing = 0, classes } = options;
  checkNumber(op, 'labelSmoothing', labelSmoothing, { minimum: 0, maximum: 1 });
  if (classes !== undefined) checkInteger(op, 'classes', classes, { minimum: 1 });
  return { ...checked, labelSmoothing, classes };
}

/** @throws {ShapeError} `logits` has not as many classes as there are said to be */
function checkClassCount(op: string, logits: Tensor, classes: number | undefined): void {
  if (classes === undefined || logits.shape.at(-1) === classes) return;
  const hint = `There are ${classes} classes: let the last layer of the network give one logit for each.`;
  throw new ShapeError({ op, argument: 'logits', expected: `[...batch, ${classes}]`, received: logits.shape, hint });
}

/**
 * `-log softmax(logits)[label]` in nats, averaged over all examples. See {@link softmaxCrossEntropy}, which computes it when
 * no option but the reduction is given.
 *
 * With labels, an example counts `weight[label]`, and the mean is `Σ loss / Σ weight[label]`. With probabilities p, the loss
 * of an example is `-Σ_c weight[c] · p[c] · log softmax(logits)[c]`, and the mean divides by their number. Smoothing by s
 * replaces p, which is 1 for the label, by `(1 - s) · p + s / classes`.
 *
 * @param logits `[...batch, classes]`, float32
 * @param labels `[...batch]`, int32 in `[0, classes)` or `ignoreIndex`; or probabilities `[...batch, classes]`, float32
 * @returns      a scalar, or with reduction `none` `[...batch]`
 * @throws {ShapeError} `labels` is neither `[...batch]` nor `[...batch, classes]`, `weight` is not `[classes]`, or `logits` has
 *   not as many classes as the option says
 * @throws {DTypeError} `logits` is not float32 or `labels` has the wrong type for its shape
 * @throws {ArgumentError} a label is out of range (code `DATA`), or an `ignoreIndex` with probabilities
 * @see Szegedy et al. 2015 (label smoothing), https://arxiv.org/abs/1512.00567
 * @example
 * crossEntropy(tensor2d([[0, 0]]), tensor1d([1], 'int32')); // 0.693147
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const op = 'crossEntropy';
  const checked = checkCrossEntropyOptions(op, options);
  const { reduction, weight, ignoreIndex, labelSmoothing } = checked;
  checkClassCount(op, logits, checked.classes);
  if (labels.dtype === 'float32' && labels.shape.length === logits.shape.length) {
    return softCrossEntropy(logits, labels, checked);
  }
  if (weight === undefined && ignoreIndex === undefined && labelSmoothing === 0) {
    return softmaxCrossEntropy(logits, labels, { reduction });
  }
  const classes = checkClasses(op, 'logits', logits, weight);
  const read = readLabels(op, labels, logits, checked);
  if (labelSmoothing === 0) {
    const losses = softmaxCrossEntropy(logits, read.labels, { reduction: 'none' }); // [...batch]
    return reduceLabelled(mul(losses, read.factors), read, reduction);
  }
  const logs = logSoftmax(logits); // [...batch, classes]
  const hard = mul(pickByLabel(logs, read.labels), read.factors); // [...batch]
  const even = sum(weight === undefined ? logs : mul(logs, weight), -1); // [...batch]
  const losses = neg(add(mul(hard, 1 - labelSmoothing), mul(even, labelSmoothing / classes)));
  return reduceLabelled(losses, read, reduction);
}

/** Against probabilities. */
function softCrossEntropy(
  logits: Tensor,
  probabilities: Tensor,
  { reduction, weight, ignoreIndex, labelSmoothing }: CheckedOptions,
): Tensor {
  const op = 'crossEntropy';
  const classes = checkClasses(op, 'logits', logits, weight);
  checkShape(op, 'labels', probabilities, logits.shape, 'Probabilities must have the shape of logits.');
  if (ignoreIndex !== undefined) {
    const expected = 'not to be given with probabilities';
    throw new ArgumentError({ op, argument: 'ignoreIndex', expected, received: String(ignoreIndex) });
  }
  const smoothed = add(mul(probabilities, 1 - labelSmoothing), labelSmoothing / classes);
  const products = mul(logSoftmax(logits), labelSmoothing === 0 ? probabilities : smoothed);
  return reduceLoss(neg(sum(weight === undefined ? products : mul(products, weight), -1)), reduction);
}

/** {@link crossEntropy} as a module. */
export class CrossEntropyLoss extends Module {
  readonly weight: Variable | undefined; // [classes]
  readonly ignoreIndex: number | undefined;
  readonly labelSmoothing: number;
  readonly classes: number | undefined;
  readonly reduction: Reduction;

  constructor(options: CrossEntropyOptions = {}) {
    super();
    const checked = checkCrossEntropyOptions('CrossEntropyLoss', options);
    const { weight, ignoreIndex, labelSmoothing, classes, reduction } = checked;
    this.weight = keepWeight('CrossEntropyLoss', 'weight', weight);
    this.ignoreIndex = ignoreIndex;
    this.labelSmoothing = labelSmoothing;
    this.classes = classes;
    this.reduction = reduction;
  }

  override forward(logits: Tensor, labels: Tensor): Tensor {
    const { weight, ignoreIndex, labelSmoothing, classes, reduction } = this;
    return crossEntropy(logits, labels, { weight, ignoreIndex, labelSmoothing, classes, reduction });
  }
}

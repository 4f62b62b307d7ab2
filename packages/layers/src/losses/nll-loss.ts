// SPDX-License-Identifier: Apache-2.0
// The cost of predicting a class with given log-probabilities.

import { type Tensor, type Variable, mul, neg } from '@nabla/core';

import { Module } from '../module.ts';
import {
  type LabelOptions,
  checkClasses,
  checkLabelOptions,
  pickByLabel,
  readLabels,
  reduceLabelled,
} from './labels.ts';
import { type Reduction, keepWeight } from './reduction.ts';

/**
 * `-weight[label] · logProbabilities[label]`, averaged over all examples: `Σ loss / Σ weight[label]`. For logits,
 * `crossEntropy` is faster and more exact.
 *
 * @param logProbabilities `[...batch, classes]`, float32
 * @param labels           `[...batch]`, int32 in `[0, classes)` or `ignoreIndex`
 * @returns                a scalar, or with reduction `none` `[...batch]`
 * @throws {ShapeError} `labels` is not `[...batch]`, or `weight` is not `[classes]`
 * @throws {DTypeError} `logProbabilities` is not float32 or `labels` is not int32
 * @throws {ArgumentError} a label is out of range (code `DATA`)
 * @example
 * nllLoss(tensor2d([[-1, -2], [-3, -4]]), tensor1d([0, 1], 'int32')); // 2.5
 */
export function nllLoss(logProbabilities: Tensor, labels: Tensor, options: LabelOptions = {}): Tensor {
  const checked = checkLabelOptions('nllLoss', options);
  checkClasses('nllLoss', 'logProbabilities', logProbabilities, checked.weight);
  const read = readLabels('nllLoss', labels, logProbabilities, checked);
  const losses = neg(pickByLabel(logProbabilities, read.labels)); // [...batch]
  return reduceLabelled(mul(losses, read.factors), read, checked.reduction);
}

/** {@link nllLoss} as a module. */
export class NLLLoss extends Module {
  readonly weight: Variable | undefined; // [classes]
  readonly ignoreIndex: number | undefined;
  readonly reduction: Reduction;

  constructor(options: LabelOptions = {}) {
    super();
    const { weight, ignoreIndex, reduction } = checkLabelOptions('NLLLoss', options);
    this.weight = keepWeight('NLLLoss', 'weight', weight);
    this.ignoreIndex = ignoreIndex;
    this.reduction = reduction;
  }

  override forward(logProbabilities: Tensor, labels: Tensor): Tensor {
    const { weight, ignoreIndex, reduction } = this;
    return nllLoss(logProbabilities, labels, { weight, ignoreIndex, reduction });
  }
}

// SPDX-License-Identifier: Apache-2.0
// The cost of predicting a class with given logits.

import { type Tensor, softmaxCrossEntropy } from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, type Reduction, checkLossOptions } from './reduction.ts';

/**
 * `-log softmax(logits)[label]` in nats, averaged over all examples. See {@link softmaxCrossEntropy}.
 *
 * @param logits `[...batch, classes]`, float32
 * @param labels `[...batch]`, int32 in `[0, classes)`
 * @returns      a scalar, or with reduction `none` `[...batch]`
 * @example
 * crossEntropy(tensor2d([[0, 0]]), tensor1d([1], 'int32')); // 0.693147
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: LossOptions = {}): Tensor {
  return softmaxCrossEntropy(logits, labels, { reduction: checkLossOptions('crossEntropy', options) });
}

/** {@link crossEntropy} as a module. */
export class CrossEntropyLoss extends Module {
  readonly reduction: Reduction;

  constructor(options: LossOptions = {}) {
    super();
    this.reduction = checkLossOptions('CrossEntropyLoss', options);
  }

  override forward(logits: Tensor, labels: Tensor): Tensor {
    return crossEntropy(logits, labels, { reduction: this.reduction });
  }
}

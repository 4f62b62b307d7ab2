// SPDX-License-Identifier: Apache-2.0
// The cost of a sequence of labels whose places in time are unknown.

import {
  type CtcLossOptions,
  type Tensor,
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  ctcLoss,
} from '@nabla/core';

import { Module } from '../module.ts';

/**
 * Connectionist temporal classification as a module. See {@link ctcLoss}, batch first where PyTorch has time first.
 *
 * @example
 * const loss = new CTCLoss({ reduction: 'sum' });
 * const [steps, length] = [tensor1d([2], 'int32'), tensor1d([1], 'int32')];
 * loss.forward(fill([1, 2, 2], Math.log(0.5)), tensor2d([[1]], [1, 1], 'int32'), steps, length); // 0.287682
 */
export class CTCLoss extends Module {
  readonly options: Readonly<Required<CtcLossOptions>>;

  constructor(options: CtcLossOptions = {}) {
    super();
    checkOptions('CTCLoss', options, ['blank', 'reduction', 'zeroInfinity']);
    const { blank = 0, reduction = 'mean', zeroInfinity = false } = options;
    checkInteger('CTCLoss', 'blank', blank, { minimum: 0 });
    checkOneOf('CTCLoss', 'reduction', reduction, ['mean', 'sum', 'none']);
    checkBoolean('CTCLoss', 'zeroInfinity', zeroInfinity);
    this.options = { blank, reduction, zeroInfinity };
  }

  /**
   * @param logProbabilities `[batch, time, classes]`, float32
   * @param targets          `[batch, length]`, int32
   * @param inputLengths     `[batch]`, int32
   * @param targetLengths    `[batch]`, int32
   */
  override forward(logProbabilities: Tensor, targets: Tensor, inputLengths: Tensor, targetLengths: Tensor): Tensor {
    return ctcLoss(logProbabilities, targets, inputLengths, targetLengths, this.options);
  }
}

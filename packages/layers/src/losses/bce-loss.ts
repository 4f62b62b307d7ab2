// SPDX-License-Identifier: Apache-2.0
// The cost of predicting yes or no with a given probability.

import {
  type Tensor,
  type Variable,
  add,
  clipByValue,
  customGrad,
  div,
  log,
  log1p,
  maximum,
  mul,
  neg,
  sub,
} from '@nabla/core';

import { Module } from '../module.ts';
import {
  type LossOptions,
  type Reduction,
  checkAlike,
  checkFactor,
  checkLossOptions,
  keepWeight,
  reduceLoss,
} from './reduction.ts';

export interface BCELossOptions extends LossOptions {
  /** Factor of each element's loss; broadcasts to their shape. A mean still divides by the number of elements. */
  weight?: Tensor | undefined;
}

/**
 * `-(target · log p + (1 - target) · log(1 - p))` in nats, averaged over all elements. As in PyTorch a logarithm is never below
 * -100, and the gradient `(p - target) / (p · (1 - p))` divides by at least 1e-12, so that 0 and 1 may be predicted. With
 * logits, {@link binaryCrossEntropyWithLogits} is more exact.
 *
 * @param probabilities any shape, float32 in `[0, 1]`
 * @param targets       the same shape, float32 in `[0, 1]`
 * @returns             a scalar, or with reduction `none` the shape of `probabilities`
 * @throws {ShapeError} the shapes differ, or `weight` does not broadcast to them
 * @example
 * binaryCrossEntropy(tensor1d([0.5, 0.5]), tensor1d([1, 0])); // 0.693147
 */
export function binaryCrossEntropy(probabilities: Tensor, targets: Tensor, options: BCELossOptions = {}): Tensor {
  const op = 'binaryCrossEntropy';
  const reduction = checkLossOptions(op, options, ['weight']);
  const { weight } = options;
  checkAlike(op, { probabilities }, { targets });
  if (weight !== undefined) checkFactor(op, 'weight', weight, probabilities.shape);
  const losses = elementLosses(probabilities, targets);
  return reduceLoss(weight === undefined ? losses : mul(losses, weight), reduction);
}

const LEAST_LOGARITHM = -100;
const LEAST_DIVISOR = 1e-12;

/** With a gradient of its own: that of the logarithms would be NaN at 0 and 1. */
function elementLosses(probabilities: Tensor, targets: Tensor): Tensor {
  const run = customGrad((...received) => {
    const [p, t, save] = received as [Tensor, Tensor, (tensors: Tensor[]) => void];
    save([p, t]);
    const [yes, no] = logarithms(p);
    return {
      value: neg(add(mul(t, yes), mul(sub(1, t), no))),
      gradFunc: (gradOut: Tensor, saved: Tensor[]) => {
        const [chance, target] = saved as [Tensor, Tensor];
        const [logYes, logNo] = logarithms(chance);
        const divisor = maximum(mul(chance, sub(1, chance)), LEAST_DIVISOR);
        return [mul(gradOut, div(sub(chance, target), divisor)), mul(gradOut, sub(logNo, logYes))];
      },
    };
  });
  return run(probabilities, targets);
}

/** log p and log(1 - p). */
function logarithms(p: Tensor): readonly [Tensor, Tensor] {
  return [clipByValue(log(p), LEAST_LOGARITHM, 0), clipByValue(log1p(neg(p)), LEAST_LOGARITHM, 0)];
}

/** {@link binaryCrossEntropy} as a module. */
export class BCELoss extends Module {
  readonly weight: Variable | undefined;
  readonly reduction: Reduction;

  constructor(options: BCELossOptions = {}) {
    super();
    this.reduction = checkLossOptions('BCELoss', options, ['weight']);
    this.weight = keepWeight('BCELoss', 'weight', options.weight);
  }

  override forward(probabilities: Tensor, targets: Tensor): Tensor {
    const { weight, reduction } = this;
    return binaryCrossEntropy(probabilities, targets, { weight, reduction });
  }
}

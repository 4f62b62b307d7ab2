// SPDX-License-Identifier: Apache-2.0
// The cost of predicting a number with an uncertainty.

import {
  ArgumentError,
  ShapeError,
  type Tensor,
  add,
  any,
  checkBoolean,
  checkNumber,
  div,
  formatShape,
  less,
  log,
  maximum,
  mul,
  noGrad,
  squaredDifference,
  sub,
} from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, checkAlike, checkLossOptions, reduceLoss } from './reduction.ts';

export interface GaussianNLLLossOptions extends LossOptions {
  /** Whether the constant `log(2π) / 2` is added; default false. */
  full?: boolean;
  /** The least variance that is counted with; default 1e-6. */
  epsilon?: number;
}

function checkGaussianOptions(op: string, options: GaussianNLLLossOptions): Required<GaussianNLLLossOptions> {
  const reduction = checkLossOptions(op, options, ['full', 'epsilon']);
  const { full = false, epsilon = 1e-6 } = options;
  checkBoolean(op, 'full', full);
  checkNumber(op, 'epsilon', epsilon, { above: 0 });
  return { reduction, full, epsilon };
}

/**
 * `(log v + (prediction - target)² / v) / 2` with `v = max(variance, epsilon)`: the negative logarithm of the density of a
 * normal distribution, averaged over all elements. As in PyTorch, a variance below epsilon has the gradient of epsilon.
 *
 * @param prediction any shape, float32: the means
 * @param target     the same shape, float32
 * @param variance   the same shape, float32, not negative; or with last axis 1: one variance for a whole row
 * @returns          a scalar, or with reduction `none` the shape of `prediction`
 * @throws {ShapeError} the shapes do not match
 * @throws {ArgumentError} a variance is negative (code `DATA`)
 * @see Nix & Weigend 1994, https://doi.org/10.1109/ICNN.1994.374138
 * @example
 * gaussianNllLoss(tensor1d([1, 2]), tensor1d([1, 4]), tensor1d([1, 1])); // 1
 */
export function gaussianNllLoss(
  prediction: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNLLLossOptions = {},
): Tensor {
  const op = 'gaussianNllLoss';
  const { reduction, full, epsilon } = checkGaussianOptions(op, options);
  checkAlike(op, { prediction }, { target });
  checkVariance(op, prediction, variance);
  const raised = noGrad(() => sub(maximum(variance, epsilon), variance));
  const v = add(variance, raised);
  const losses = mul(add(log(v), div(squaredDifference(prediction, target), v)), 0.5);
  return reduceLoss(full ? add(losses, 0.5 * Math.log(2 * Math.PI)) : losses, reduction);
}

function checkVariance(op: string, { shape }: Tensor, variance: Tensor): void {
  const row = [...shape.slice(0, -1), 1];
  const wanted = shape.length > 0 && formatShape(variance.shape) === formatShape(row) ? row : shape;
  if (formatShape(variance.shape) !== formatShape(wanted)) {
    const expected = `${formatShape(shape)} or ${formatShape(row)}`;
    throw new ShapeError({ op, argument: 'variance', expected, received: variance.shape });
  }
  checkAlike(op, { variance }, {});
  const negative = noGrad(() => any(less(variance, 0)).dataSync()[0]);
  if (negative !== 1) return;
  throw new ArgumentError({ op, argument: 'variance', expected: 'to be >= 0', received: 'a negative one' }, 'DATA');
}

/** {@link gaussianNllLoss} as a module. */
export class GaussianNLLLoss extends Module {
  readonly options: Readonly<GaussianNLLLossOptions>;

  constructor(options: GaussianNLLLossOptions = {}) {
    super();
    this.options = checkGaussianOptions('GaussianNLLLoss', options);
  }

  override forward(prediction: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNllLoss(prediction, target, variance, this.options);
  }
}

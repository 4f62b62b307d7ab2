// SPDX-License-Identifier: Apache-2.0
// The cost of pairs that should point the same way, or not.

import { type Tensor, add, checkNumber, checkRank, div, mul, relu, sqrt, square, sub, sum } from '@nabla/core';

import { Module } from '../module.ts';
import { type LossOptions, checkAlike, checkLossOptions, reduceLoss } from './reduction.ts';
import { bySign, checkSigns } from './signs.ts';

export interface CosineEmbeddingLossOptions extends LossOptions {
  /** The cosine up to which a pair that does not belong together costs nothing, from -1 to 1; default 0. */
  margin?: number;
}

function checkCosineEmbeddingOptions(
  op: string,
  options: CosineEmbeddingLossOptions,
): Required<CosineEmbeddingLossOptions> {
  const reduction = checkLossOptions(op, options, ['margin']);
  const { margin = 0 } = options;
  checkNumber(op, 'margin', margin, { minimum: -1, maximum: 1 });
  return { reduction, margin };
}

/**
 * `1 - cos(a, b)` where the target is 1, `max(0, cos(a, b) - margin)` where it is -1; averaged over all pairs.
 *
 * @param a      `[...batch, features]`, float32
 * @param b      the same shape, float32
 * @param target `[...batch]`, 1 or -1, float32 or int32
 * @returns      a scalar, or with reduction `none` `[...batch]`
 * @throws {ShapeError} the shapes do not match
 * @example
 * cosineEmbeddingLoss(tensor2d([[1, 0]]), tensor2d([[0, 1]]), tensor1d([1])); // 1
 */
export function cosineEmbeddingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options: CosineEmbeddingLossOptions = {},
): Tensor {
  const op = 'cosineEmbeddingLoss';
  const { reduction, margin } = checkCosineEmbeddingOptions(op, options);
  checkAlike(op, { a }, { b });
  checkRank(op, 'a', a, 1, Infinity);
  const signs = checkSigns(op, target, a.shape.slice(0, -1));
  const cosines = div(sum(mul(a, b), -1), sqrt(mul(squaredLength(a), squaredLength(b)))); // [...batch]
  return reduceLoss(bySign(signs, sub(1, cosines), relu(sub(cosines, margin))), reduction);
}

/** With PyTorch's 1e-12, so that a vector of zeros has a gradient. */
function squaredLength(x: Tensor): Tensor {
  return add(sum(square(x), -1), 1e-12);
}

/** {@link cosineEmbeddingLoss} as a module. */
export class CosineEmbeddingLoss extends Module {
  readonly options: Readonly<CosineEmbeddingLossOptions>;

  constructor(options: CosineEmbeddingLossOptions = {}) {
    super();
    this.options = checkCosineEmbeddingOptions('CosineEmbeddingLoss', options);
  }

  override forward(a: Tensor, b: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(a, b, target, this.options);
  }
}

// SPDX-License-Identifier: Apache-2.0
// The logarithm of a sum of exponentials, also where a row holds nothing but minus infinity.

import { noGrad } from '../autodiff.ts';
import { checkBoolean, checkFloat } from '../check.ts';
import { normalizeAxes } from '../shape.ts';
import { type Tensor, add, equal, exp, fill, isFinite, log, onesLike, reshape, sub, sum, zerosLike } from '../tf.ts';
import { where } from './broadcast-to.ts';
import { max } from './extrema.ts';

/**
 * `log(sum exp(x))` along some axes, or of all elements. The largest element is taken out before the exponentials, so that none
 * overflows. Where all elements are minus infinity so is the result, with gradient 0; tfjs' `logSumExp` makes NaN of both.
 *
 * @param x         float32 of any shape
 * @param axes      one axis, several, or undefined for all; negative ones count from the end
 * @param keepDims  whether the axes stay, with length 1; default false
 * @throws {ArgumentError} there is no such axis, or it is named twice (code `AXIS`)
 * @throws {DTypeError} `x` is not float32
 * @see PyTorch's torch.logsumexp
 * @example
 * logSumExp(tensor2d([[0, 0], [-Infinity, -Infinity]]), 1); // [0.693147, -Infinity]
 */
export function logSumExp(x: Tensor, axes?: number | readonly number[] | null, keepDims = false): Tensor {
  checkFloat('logSumExp', { x });
  checkBoolean('logSumExp', 'keepDims', keepDims);
  const along = normalizeAxes('logSumExp', axes ?? undefined, x.shape.length);
  // A constant: by it the result does not change, since it is added again.
  const shift = noGrad(() => {
    const largest = max(x, along, true);
    return where(isFinite(largest), largest, zerosLike(largest));
  });
  const total = sum(exp(sub(x, shift)), along, true);
  // The gradient of log at 0 is infinite: it is taken at 1 instead, and not passed on.
  const isEmpty = equal(total, 0);
  const logarithm = log(where(isEmpty, onesLike(total), total));
  const result = add(where(isEmpty, fill(total.shape, -Infinity), logarithm), shift);
  return keepDims
    ? result
    : reshape(
        result,
        x.shape.filter((_, axis) => !along.includes(axis)),
      );
}

// SPDX-License-Identifier: Apache-2.0
// Norms of vectors: of all elements, or along axes.

import { noGrad } from '../autodiff.ts';
import { checkBoolean, checkFloat, checkNumber, checkOptions } from '../check.ts';
import { normalizeAxes } from '../shape.ts';
import { type Tensor, abs, cast, div, equal, mul, notEqual, onesLike, pow, reshape, sum, zerosLike } from '../tf.ts';
import { where } from './broadcast-to.ts';
import { max, min } from './extrema.ts';

/** Options of {@link vectorNorm}. */
export interface VectorNormOptions {
  /** The power p >= 0, or `Infinity` or `-Infinity`; default 2. 0 counts the elements that are not 0. */
  readonly order?: number;
  /** One axis, several, or undefined for all. */
  readonly axis?: number | readonly number[];
  /** Whether the axes stay, with length 1; default false. */
  readonly keepDims?: boolean;
}

/**
 * `(sum |x|^p)^(1/p)`; for p = infinity the largest of `|x|`, for minus infinity the smallest. The largest is divided out before
 * the powers, so that none overflows. At a vector of zeros the gradient is 0, where that of tfjs' `norm` is NaN.
 *
 * @param x  any shape, float32
 * @throws {ArgumentError} there is no such axis (code `AXIS`), or an option is not as described
 * @throws {DTypeError} `x` is not float32
 * @see PyTorch's torch.linalg.vector_norm
 * @example
 * vectorNorm(tensor2d([[3, 4], [0, 0]]), { axis: 1 }); // [5, 0]
 */
export function vectorNorm(x: Tensor, options: VectorNormOptions = {}): Tensor {
  checkFloat('vectorNorm', { x });
  checkOptions('vectorNorm', options, ['order', 'axis', 'keepDims']);
  const { order = 2, axis, keepDims = false } = options;
  if (order !== Infinity && order !== -Infinity) checkNumber('vectorNorm', 'order', order, { minimum: 0 });
  checkBoolean('vectorNorm', 'keepDims', keepDims);
  const axes = normalizeAxes('vectorNorm', axis, x.shape.length);
  const magnitudes = abs(x);
  if (order === Infinity) return max(magnitudes, axes, keepDims);
  if (order === -Infinity) return min(magnitudes, axes, keepDims);
  if (order === 0) return sum(cast(notEqual(x, 0), 'float32'), axes, keepDims);
  if (order === 1) return sum(magnitudes, axes, keepDims);
  return powerNorm(magnitudes, order, axes, keepDims);
}

function powerNorm(magnitudes: Tensor, order: number, axes: number[], keepDims: boolean): Tensor {
  // A constant: by it the norm does not change, since it is multiplied again.
  const largest = noGrad(() => max(magnitudes, axes, true));
  const isZero = equal(largest, 0);
  // Where all is 0 the quotients are of zeros by 1, and their sum is left out: the gradient of its root is infinite.
  const shares = div(magnitudes, where(isZero, onesLike(largest), largest));
  const total = sum(order < 1 ? powerFromZero(shares, order) : pow(shares, order), axes, true);
  const norm = mul(largest, pow(where(isZero, onesLike(total), total), 1 / order));
  const shape = magnitudes.shape.filter((_, axis) => !axes.includes(axis));
  return keepDims ? norm : reshape(norm, shape);
}

/** `x^order` below the first power, with gradient 0 at 0, where its own is infinite. */
function powerFromZero(x: Tensor, order: number): Tensor {
  const isZero = equal(x, 0);
  return where(isZero, zerosLike(x), pow(where(isZero, onesLike(x), x), order));
}

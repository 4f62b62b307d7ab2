// SPDX-License-Identifier: Apache-2.0
// Products of all elements up to each position.

import { checkFloat } from '../check.ts';
import { normalizeAxis } from '../shape.ts';
import { type Tensor, cumprod as tfjsCumprod } from '../tf.ts';

/**
 * `out[..., i, ...] = x[..., 0, ...] · … · x[..., i, ...]` along an axis.
 *
 * @param x     any shape of at least one axis, float32
 * @param axis  along which; negative ones count from the end (tfjs gives nothing for those)
 * @throws {ArgumentError} there is no such axis (code `AXIS`)
 * @throws {DTypeError} `x` is not float32
 * @example
 * cumprod(tensor2d([[1, 2, 3]]), -1); // [[1, 2, 6]]
 */
export function cumprod(x: Tensor, axis = 0): Tensor {
  checkFloat('cumprod', { x });
  return tfjsCumprod(x, normalizeAxis('cumprod', axis, x.shape.length));
}

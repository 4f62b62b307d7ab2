// SPDX-License-Identifier: Apache-2.0
// Sums of all elements up to each position.

import { checkBoolean, checkDtype, checkTensor } from '../check.ts';
import { normalizeAxis } from '../shape.ts';
import { type Tensor, cumsum as tfjsCumsum } from '../tf.ts';

/**
 * `out[..., i, ...] = x[..., 0, ...] + … + x[..., i, ...]` along an axis.
 *
 * @param x          any shape of at least one axis, float32 or int32
 * @param axis       along which; negative ones count from the end (tfjs fails for those)
 * @param exclusive  whether to leave out the element itself; default false
 * @param reverse    whether to sum from the end; default false
 * @throws {ArgumentError} there is no such axis (code `AXIS`)
 * @throws {DTypeError} `x` is neither float32 nor int32
 * @example
 * cumsum(tensor2d([[1, 2, 3]]), -1); // [[1, 3, 6]]
 */
export function cumsum(x: Tensor, axis = 0, exclusive = false, reverse = false): Tensor {
  checkTensor('cumsum', 'x', x);
  checkDtype('cumsum', 'x', x, 'float32', 'int32');
  checkBoolean('cumsum', 'exclusive', exclusive);
  checkBoolean('cumsum', 'reverse', reverse);
  return tfjsCumsum(x, normalizeAxis('cumsum', axis, x.shape.length), exclusive, reverse);
}

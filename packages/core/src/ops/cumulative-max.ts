// SPDX-License-Identifier: Apache-2.0
// The largest element up to each position.

import { type Tensor } from '../tf.ts';
import { gatherAlong } from './gather-along.ts';
import { runKernelForOne } from './run.ts';
import { type Sorted, positionsAlong } from './sort.ts';

/**
 * `out[..., i, ...] = max(x[..., 0, ...], …, x[..., i, ...])` along an axis, and where it stands: the last of equal ones. From a
 * NaN on, all is NaN. The gradient goes to the element that is the largest.
 *
 * @param x     numbers of any shape of at least one axis
 * @param axis  default -1; negative ones count from the end
 * @throws {ArgumentError} there is no such axis (code `AXIS`)
 * @example
 * cumulativeMax(tensor1d([1, 3, 2, 4])).values; // [1, 3, 3, 4]
 */
export function cumulativeMax(x: Tensor, axis = -1): Sorted {
  const find = (moved: Tensor): Tensor => runKernelForOne('NablaArgCumulativeMax', { x: moved });
  const indices = positionsAlong('cumulativeMax', x, axis, find);
  return { values: gatherAlong(x, indices, axis), indices };
}

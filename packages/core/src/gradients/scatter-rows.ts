// SPDX-License-Identifier: Apache-2.0
// Sums rows by position: the transpose of a gather, which most gradients of moved elements are.

import { type Tensor, type Tensor1D, unsortedSegmentSum, zeros } from '../tf.ts';

/**
 * `out[p] = sum of rows[i] where positions[i] = p`; rows at negative positions are left out.
 *
 * @param rows       `[rows, ...slice]`, float32
 * @param positions  `[rows]`, int32
 * @returns          `[count, ...slice]`
 */
export function scatterRows(rows: Tensor, positions: Tensor, count: number): Tensor {
  if (rows.size === 0 || count === 0) return zeros([count, ...rows.shape.slice(1)]);
  return unsortedSegmentSum(rows, positions as Tensor1D, count);
}

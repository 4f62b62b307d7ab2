// SPDX-License-Identifier: Apache-2.0
// Axes in another order.

import { ArgumentError, formatShape } from '../errors.ts';
import { normalizeAxes, normalizeAxis } from '../shape.ts';
import { Tensor, type TensorLike, tensor, transpose as tfjsTranspose } from '../tf.ts';

/**
 * `out.shape[i] = x.shape[axes[i]]`: PyTorch's `permute`.
 *
 * @param x     any shape and dtype
 * @param axes  each axis once, negative ones count from the end; undefined: the reverse order
 * @throws {ArgumentError} there is no such axis, one is named twice, or one is missing (code `AXIS`)
 * @example
 * transpose(zeros([2, 3, 4]), [2, 0, 1]); // shape [4, 2, 3]
 */
export function transpose<T extends Tensor>(x: T | TensorLike, axes?: readonly number[]): T {
  const input = x instanceof Tensor ? x : (tensor(x) as T);
  if (axes === undefined) return tfjsTranspose(input);
  const rank = input.shape.length;
  if (normalizeAxes('transpose', axes, rank).length !== rank) {
    const expected = `to name each of ${rank} axes`;
    throw new ArgumentError({ op: 'transpose', argument: 'axes', expected, received: formatShape(axes) }, 'AXIS');
  }
  return tfjsTranspose(
    input,
    axes.map((axis) => normalizeAxis('transpose', axis, rank)),
  );
}

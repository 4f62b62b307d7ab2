// SPDX-License-Identifier: Apache-2.0
// Functions that are constant almost everywhere, so that nothing of them is recorded for a gradient.

import { noGrad } from '../autodiff.ts';
import { type Tensor, type TensorLike, floorDiv as tfjsFloorDiv, logicalAnd as tfjsLogicalAnd } from '../tf.ts';

/**
 * `floor(a / b)` as int32, with broadcasting. It counts as a constant, where tfjs gives it the gradient of the quotient.
 *
 * @param a  numbers of any shape
 * @param b  numbers whose shape broadcasts with that of `a`
 * @example
 * floorDiv(tensor1d([7, -7]), 2); // [3, -4]
 */
export function floorDiv(a: Tensor | TensorLike, b: Tensor | TensorLike): Tensor {
  return noGrad(() => tfjsFloorDiv(a, b));
}

/**
 * Whether both `a` and `b` hold, with broadcasting. It counts as a constant, as every comparison does: tfjs' own stops the
 * backward pass where `a` or `b` was computed from a parameter.
 *
 * @param a  bool of any shape
 * @param b  bool, whose shape broadcasts with that of `a`
 * @example
 * const x = tensor1d([-1, 1, 3]);
 * logicalAnd(greater(x, 0), less(x, 2)); // [false, true, false]
 */
export function logicalAnd(a: Tensor | TensorLike, b: Tensor | TensorLike): Tensor {
  return noGrad(() => tfjsLogicalAnd(a, b));
}

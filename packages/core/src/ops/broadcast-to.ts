// SPDX-License-Identifier: Apache-2.0
// Repeats a tensor to a larger shape, and chooses between two tensors that broadcast; also where an axis is empty.

import { checkSizes, checkTensor } from '../check.ts';
import { ShapeError, formatShape } from '../errors.ts';
import { type Shape, broadcastShapes, broadcastsTo, sizeOf } from '../shape.ts';
import {
  Tensor,
  type TensorLike,
  broadcastTo as tfjsBroadcastTo,
  reshape,
  tensor,
  tile,
  where as tfjsWhere,
} from '../tf.ts';

/**
 * Repeats `x` along axes of length 1, and along new axes before the first, up to `shape`.
 *
 * @param x      any shape that broadcasts to `shape`
 * @param shape  an axis may be empty: then there is nothing to repeat, where tfjs gives back one element
 * @throws {ShapeError} `x` does not broadcast to `shape` (code `BROADCAST`)
 * @throws {ArgumentError} `shape` is no list of integers >= 0
 * @example
 * broadcastTo(tensor2d([[1], [2]]), [2, 3]); // [[1, 1, 1], [2, 2, 2]]
 */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('broadcastTo', 'x', x);
  checkSizes('broadcastTo', 'shape', shape);
  if (!broadcastsTo(x.shape, shape)) {
    const expected = `that broadcasts to ${formatShape(shape)}`;
    throw new ShapeError({ op: 'broadcastTo', argument: 'x', expected, received: x.shape }, 'BROADCAST');
  }
  if (sizeOf(shape) > 0) return tfjsBroadcastTo(x, [...shape]);
  const aligned = [...shape.slice(x.shape.length).map(() => 1), ...x.shape];
  const repetitions = shape.map((length, axis) => (aligned[axis] === length ? 1 : length));
  return tile(reshape(x, aligned), repetitions);
}

/**
 * `yes` where the condition holds, `no` elsewhere, with broadcasting of all three. Neither the condition nor the branch that is
 * not taken gets a gradient.
 *
 * @param condition  bool
 * @param yes        any shape that broadcasts
 * @param no         the dtype of `yes`
 * @throws {ShapeError} the shapes do not broadcast (code `BROADCAST`)
 * @example
 * const x = tensor1d([-1, 2]);
 * where(greater(x, 0), x, zeros([2])); // [0, 2]
 */
export function where<T extends Tensor>(condition: Tensor | TensorLike, yes: T | TensorLike, no: T | TensorLike): T {
  const tensors = [asTensor(condition, 'bool'), asTensor(yes), asTensor(no)] as const;
  const shape = tensors.reduce<Shape>((all, { shape: own }) => broadcastShapes('where', all, own), []);
  // tfjs' broadcastTo leaves one element where an axis is empty.
  const [chosen, a, b] = sizeOf(shape) > 0 ? tensors : tensors.map((x) => broadcastTo(x, shape));
  return tfjsWhere(chosen, a, b) as T;
}

function asTensor(value: Tensor | TensorLike, dtype?: 'bool'): Tensor {
  return value instanceof Tensor ? value : tensor(value, undefined, dtype);
}

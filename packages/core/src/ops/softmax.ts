// SPDX-License-Identifier: Apache-2.0
// The softmax and its logarithm along any axis; tfjs has them for the last.

import { checkFloat } from '../check.ts';
import { normalizeAxis } from '../shape.ts';
import {
  Tensor,
  type TensorLike,
  tensor,
  logSoftmax as tfjsLogSoftmax,
  softmax as tfjsSoftmax,
  transpose,
} from '../tf.ts';

/**
 * `exp(x) / sum(exp(x))` along an axis; computed so that it does not overflow.
 *
 * @param x     float32 of at least one axis
 * @param axis  negative ones count from the end; default -1, the last
 * @throws {ArgumentError} there is no such axis (code `AXIS`)
 * @throws {DTypeError} `x` is not float32
 * @example
 * softmax(tensor2d([[0, 0], [0, 0]]), 0); // [[0.5, 0.5], [0.5, 0.5]]
 */
export function softmax<T extends Tensor>(x: T | TensorLike, axis = -1): T {
  return overAxis('softmax', x, axis, tfjsSoftmax);
}

/**
 * `log(softmax(x)) = x - log(sum(exp(x)))` along an axis. Like {@link softmax}.
 *
 * @param x     float32 of at least one axis
 * @param axis  negative ones count from the end; default -1, the last
 * @throws {ArgumentError} there is no such axis (code `AXIS`)
 * @throws {DTypeError} `x` is not float32
 * @example
 * logSoftmax(tensor1d([0, 0])); // [-0.693147, -0.693147]
 */
export function logSoftmax<T extends Tensor>(x: T | TensorLike, axis = -1): T {
  return overAxis('logSoftmax', x, axis, tfjsLogSoftmax);
}

/** Applies `f`, which looks along the last axis and keeps the shape, along another one. */
function overAxis<T extends Tensor>(op: string, x: T | TensorLike, axis: number, f: (x: T) => T): T {
  const input = x instanceof Tensor ? x : (tensor(x) as T);
  checkFloat(op, { x: input });
  const last = input.shape.length - 1;
  const chosen = normalizeAxis(op, axis, input.shape.length);
  if (chosen === last) return f(input);
  const swapped = input.shape.map((_, i) => (i === chosen ? last : i === last ? chosen : i));
  return transpose(f(transpose(input, swapped)), swapped);
}

// SPDX-License-Identifier: Apache-2.0
// Reductions along axes that are looked at first: tfjs takes one that is named twice for two, or for one, as the device has it.

import { checkBoolean } from '../check.ts';
import { normalizeAxes } from '../shape.ts';
import {
  Tensor,
  type TensorLike,
  tensor,
  all as tfjsAll,
  any as tfjsAny,
  mean as tfjsMean,
  prod as tfjsProd,
  sum as tfjsSum,
} from '../tf.ts';

/** One axis, several, or undefined for all; negative ones count from the end. */
export type Axes = number | readonly number[] | null;

/** A function that makes one element of those along some axes. */
export type Reduce = <T extends Tensor>(x: Tensor | TensorLike, axes?: Axes, keepDims?: boolean) => T;

function reduction(op: string, reduce: typeof tfjsSum): Reduce {
  return <T extends Tensor>(x: Tensor | TensorLike, axes?: Axes, keepDims = false): T => {
    checkBoolean(op, 'keepDims', keepDims);
    const input = x instanceof Tensor ? x : tensor(x);
    return reduce<T>(input, normalizeAxes(op, axes ?? undefined, input.shape.length), keepDims);
  };
}

/**
 * The sum of the elements along some axes, or of all. Of bool it is int32: how many are true.
 *
 * @param x         numbers or bool, of any shape
 * @param axes      one axis, several, or undefined for all; negative ones count from the end
 * @param keepDims  whether the axes stay, with length 1; default false
 * @throws {ArgumentError} there is no such axis, or it is named twice (code `AXIS`)
 * @example
 * sum(tensor2d([[1, 5], [7, 3]]), 1); // [6, 10]
 */
export const sum: Reduce = reduction('sum', tfjsSum);

/**
 * The mean of the elements along some axes, or of all. Like {@link sum}; the result is float32.
 *
 * @throws {ArgumentError} there is no such axis, or it is named twice (code `AXIS`)
 * @example
 * mean(tensor2d([[1, 5], [7, 3]]), 1); // [3, 5]
 */
export const mean: Reduce = reduction('mean', tfjsMean);

/**
 * The product of the elements along some axes, or of all. Like {@link sum}.
 *
 * @throws {ArgumentError} there is no such axis, or it is named twice (code `AXIS`)
 * @example
 * prod(tensor2d([[1, 5], [7, 3]]), 1); // [5, 21]
 */
export const prod: Reduce = reduction('prod', tfjsProd);

/**
 * Whether all elements along some axes are true. Like {@link sum}.
 *
 * @param x  bool
 * @throws {ArgumentError} there is no such axis, or it is named twice (code `AXIS`)
 * @example
 * all(tensor2d([[1, 0], [1, 1]], undefined, 'bool'), 1); // [0, 1]
 */
export const all: Reduce = reduction('all', tfjsAll);

/**
 * Whether any element along some axes is true. Like {@link sum}.
 *
 * @param x  bool
 * @throws {ArgumentError} there is no such axis, or it is named twice (code `AXIS`)
 * @example
 * any(tensor2d([[1, 0], [0, 0]], undefined, 'bool'), 1); // [1, 0]
 */
export const any: Reduce = reduction('any', tfjsAny);

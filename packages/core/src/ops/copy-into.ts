// SPDX-License-Identifier: Apache-2.0
// Writing a tensor into a part of another one: caches that grow, weights that are read piece by piece.

import { checkDtype, checkInteger, checkRank, checkTensor } from '../check.ts';
import { ArgumentError, ShapeError, formatShape } from '../errors.ts';
import { type Tensor, type TypedArray, cast, onesLike, pad, tensor1d, where } from '../tf.ts';
import { unshare } from './in-place.ts';
import { runKernel } from './run.ts';

/**
 * Writes `source` into `target`, in place, from index `begin` on along each axis; the rest of `target` stays as it is.
 * Nothing is recorded for gradients. A target that shares its memory with another tensor is given memory of its own: the other
 * keeps its values.
 *
 * @param target  one axis or more, float32, int32 or bool; changed
 * @param source  of the same dtype and number of axes; `begin + its length` at most the target's along each axis
 * @param begin   one index per axis
 * @throws {ShapeError} the source reaches beyond the target, or has another number of axes
 * @throws {DTypeError} their dtypes differ
 * @throws {ArgumentError} `begin` has not one index for each axis, or both are one tensor
 * @example
 * const cache = zeros([2, 3]);
 * copyInto(cache, tensor2d([[5], [6]]), [0, 1]);
 * cache; // [[0, 5, 0], [0, 6, 0]]
 */
export function copyInto(target: Tensor, source: Tensor, begin: readonly number[]): void {
  const op = 'copyInto';
  checkTensor(op, 'target', target);
  checkTensor(op, 'source', source);
  checkRank(op, 'target', target, 1, Infinity);
  checkDtype(op, 'target', target, 'float32', 'int32', 'bool');
  checkDtype(op, 'source', source, target.dtype);
  if (target === source) {
    throw new ArgumentError({ op, argument: 'source', expected: 'to be another tensor', received: 'the target' });
  }
  if (begin.length !== target.rank) {
    const expected = `to have one index for each of the ${target.rank} axes`;
    throw new ArgumentError({ op, argument: 'begin', expected, received: formatShape(begin) });
  }
  checkRank(op, 'source', source, target.rank);
  begin.forEach((start, axis) => {
    checkInteger(op, `begin[${axis}]`, start, { minimum: 0 });
    if (start + source.shape[axis] <= target.shape[axis]) return;
    const hint = `Its target is ${formatShape(target.shape)}, written from ${formatShape(begin)} on.`;
    throw new ShapeError({
      op,
      argument: 'source',
      expected: `at most ${target.shape[axis] - start} along axis ${axis}`,
      received: source.shape,
      hint,
    });
  });
  unshare([target]);
  runKernel('NablaCopyInto', { target, source }, { shape: target.shape, begin });
}

/** The formula of {@link copyInto}, op by op; the target stays as it is, and what it would be is returned. */
export function plainCopyInto(target: Tensor, source: Tensor, begin: readonly number[]): Tensor {
  const around = source.shape.map((length, axis): [number, number] => {
    return [begin[axis], target.shape[axis] - begin[axis] - length];
  });
  return where(cast(pad(onesLike(source), around), 'bool'), pad(source, around), target);
}

/**
 * Writes values into the elements of `target` from the one at `start` on, in row-major order, in place. A target that is stored as
 * bf16 stays so: the values are rounded. Checks nothing.
 */
export function writeElements(target: Tensor, values: TypedArray, start: number): void {
  unshare([target]);
  const source = tensor1d(values, target.dtype);
  runKernel('NablaCopyInto', { target, source }, { shape: [target.size], begin: [start], isRounded: true });
  source.dispose();
}

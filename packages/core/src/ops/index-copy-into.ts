// SPDX-License-Identifier: Apache-2.0
// Writing slices of a tensor to places of another one that a third names: caches whose time is not known when a step is recorded.

import { checkDtype, checkInteger, checkRank, checkShape, checkTensor } from '../check.ts';
import { ArgumentError, formatShape } from '../errors.ts';
import { type Tensor, argMax, cast, equal, expandDims, gather, max, mul, range, reshape, where } from '../tf.ts';
import { unshare } from './in-place.ts';
import { runKernel } from './run.ts';

/**
 * Writes `source[.., n, ..]` to `target[.., positions[n], ..]` along `axis`, in place; the rest of `target` stays as it is. Nothing is
 * recorded for gradients. A target that shares its memory with another tensor is given memory of its own: the other keeps its values.
 *
 * @param target     one axis or more, float32 or int32; changed
 * @param source     of the same dtype and shape, but along `axis` as long as `positions`
 * @param axis       from 0 on
 * @param positions  `[slices]`, int32; of slices that have the same one, the last is written
 * @throws {ShapeError} `source` does not match `target` and `positions`
 * @throws {DTypeError} their dtypes differ, or `positions` is not int32
 * @throws {ArgumentError} `axis` is none of the target, a position is out of range (code `DATA`), or target and source are one tensor
 * @see PyTorch's `index_copy_`
 * @example
 * const cache = zeros([2, 3]);
 * indexCopyInto(cache, tensor2d([[5], [6]]), 1, tensor1d([2], 'int32'));
 * cache; // [[0, 0, 5], [0, 0, 6]]
 */
export function indexCopyInto(target: Tensor, source: Tensor, axis: number, positions: Tensor): void {
  const op = 'indexCopyInto';
  checkTensor(op, 'target', target);
  checkTensor(op, 'source', source);
  checkTensor(op, 'positions', positions);
  checkRank(op, 'target', target, 1, Infinity);
  checkDtype(op, 'target', target, 'float32', 'int32');
  checkDtype(op, 'source', source, target.dtype);
  checkDtype(op, 'positions', positions, 'int32');
  checkRank(op, 'positions', positions, 1);
  checkInteger(op, 'axis', axis, { minimum: 0, maximum: target.rank - 1 });
  if (target === source) {
    throw new ArgumentError({ op, argument: 'source', expected: 'to be another tensor', received: 'the target' });
  }
  checkShape(op, 'source', source, target.shape.with(axis, positions.size), () => {
    return `Its target is ${formatShape(target.shape)}, and there are ${positions.size} positions along axis ${axis}.`;
  });
  unshare([target]);
  runKernel('NablaIndexCopyInto', { target, source, positions }, { axis });
}

/** The formula of {@link indexCopyInto}, op by op; the target stays as it is, and what it would be is returned. */
export function plainIndexCopyInto(target: Tensor, source: Tensor, axis: number, positions: Tensor): Tensor {
  const places = reshape(range(0, target.shape[axis], 1, 'int32'), [target.shape[axis], 1]);
  const isNamed = cast(equal(places, expandDims(positions, 0)), 'int32'); // [length, slices]
  const last = argMax(mul(isNamed, range(1, positions.size + 1, 1, 'int32')), 1); // slice 0 where nothing is named
  const along = target.shape.map((length, a) => (a === axis ? length : 1));
  return where(reshape(cast(max(isNamed, 1), 'bool'), along), gather(source, last, axis), target);
}

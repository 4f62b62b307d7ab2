// SPDX-License-Identifier: Apache-2.0
// Reads and adds by position along one axis, with a position for every element: PyTorch's gather and scatter_add.

import { dataError } from '../backend/data-error.ts';
import { checkDtype, checkFloat, checkTensor } from '../check.ts';
import { ShapeError } from '../errors.ts';
import { scatterRows } from '../gradients/scatter-rows.ts';
import { type Shape, normalizeAxis, sameShape, sizeOf } from '../shape.ts';
import { type Tensor, add, gather, range, reshape, tensor } from '../tf.ts';
import { findBadIndex } from './find-bad-index.ts';

/**
 * `out[..., i, ...] = x[..., positions[..., i, ...], ...]` along an axis: NumPy's `take_along_axis`.
 *
 * @param x          `[...outer, length, ...inner]`
 * @param positions  `[...outer, count, ...inner]`, int32, each from 0 to `length - 1`
 * @param axis       default -1
 * @returns          the shape of `positions`, the dtype of `x`
 * @throws {ShapeError} `positions` differs from `x` in another axis
 * @throws {DTypeError} `positions` is not int32
 * @throws {ArgumentError} there is no such axis (code `AXIS`), or no such position in it (code `DATA`)
 * @example
 * gatherAlong(tensor2d([[1, 2, 3]]), tensor2d([[2, 0]], [1, 2], 'int32')); // [[3, 1]]
 */
export function gatherAlong(x: Tensor, positions: Tensor, axis = -1): Tensor {
  checkTensor('gatherAlong', 'x', x);
  const offsets = offsetsAlong('gatherAlong', x.shape, positions, axis);
  return reshape(gather(reshape(x, [-1]), offsets), positions.shape);
}

/**
 * `out = x`, and `out[..., positions[..., i, ...], ...] += values[..., i, ...]` along an axis; positions may repeat.
 *
 * @param x          `[...outer, length, ...inner]`, float32
 * @param positions  `[...outer, count, ...inner]`, int32, each from 0 to `length - 1`
 * @param values     the shape of `positions`, float32
 * @param axis       default -1
 * @returns          the shape of `x`
 * @throws {ShapeError} `positions` differs from `x` in another axis, or `values` from `positions`
 * @throws {DTypeError} `x` or `values` is not float32, `positions` not int32
 * @throws {ArgumentError} there is no such axis (code `AXIS`), or no such position in it (code `DATA`)
 * @example
 * scatterAdd(zeros([3]), tensor1d([2, 0, 2], 'int32'), tensor1d([1, 2, 3])); // [2, 0, 4]
 */
export function scatterAdd(x: Tensor, positions: Tensor, values: Tensor, axis = -1): Tensor {
  checkFloat('scatterAdd', { x, values });
  const offsets = offsetsAlong('scatterAdd', x.shape, positions, axis);
  if (!sameShape(values.shape, positions.shape)) {
    const expected = `[${positions.shape.join(', ')}]`;
    const hint = 'It must have one element for each position.';
    throw new ShapeError({ op: 'scatterAdd', argument: 'values', expected, received: values.shape, hint });
  }
  const sums = scatterRows(reshape(values, [-1]), offsets, sizeOf(x.shape));
  return add(x, reshape(sums, x.shape));
}

/** Where in the values of a tensor of `shape` each position lies: `[elements of positions]`. */
function offsetsAlong(op: string, shape: Shape, positions: Tensor, axis: number): Tensor {
  checkTensor(op, 'positions', positions);
  checkDtype(op, 'positions', positions, 'int32');
  const along = normalizeAxis(op, axis, shape.length);
  const fits =
    positions.shape.length === shape.length && positions.shape.every((length, i) => i === along || length === shape[i]);
  if (!fits) {
    const expected = `[${shape.map((length, i) => (i === along ? 'count' : length)).join(', ')}]`;
    throw new ShapeError({ op, argument: 'positions', expected, received: positions.shape });
  }
  const bad = findBadIndex(positions, shape[along]); // it could be a good one of another row
  if (bad !== undefined) {
    const received = `${bad.index} at ${bad.position} of ${sizeOf(positions.shape)}`;
    throw dataError(op, 'positions', `to be from 0 to ${shape[along] - 1}`, received);
  }
  const inner = sizeOf(shape.slice(along + 1));
  const outer = sizeOf(shape.slice(0, along));
  const block = inner * shape[along]; // elements of x for one outer index
  const starts = Int32Array.from({ length: outer }, (_, i) => i * block);
  const steps = reshape(positions, [outer, positions.shape[along], inner]);
  const scaled = inner === 1 ? steps : gather(range(0, block, inner, 'int32'), steps);
  const columns = reshape(range(0, inner, 1, 'int32'), [1, 1, inner]);
  return reshape(add(add(scaled, columns), tensor(starts, [outer, 1, 1], 'int32')), [-1]);
}

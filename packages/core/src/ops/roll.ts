// SPDX-License-Identifier: Apache-2.0
// Moves elements along an axis, or repeats each of them.

import { checkInteger, checkTensor } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { normalizeAxes, normalizeAxis } from '../shape.ts';
import { type Tensor, concat, gather, split, tensor1d } from '../tf.ts';

/**
 * Moves elements along axes; what leaves at one end enters at the other: `out[(i + shift) mod length] = x[i]`.
 *
 * @param x      any shape of at least one axis
 * @param shift  by how much, one number for each axis; negative ones move towards the front
 * @param axes   one axis or several; default 0
 * @throws {ArgumentError} there is no such axis (code `AXIS`), or the numbers of shifts and axes differ
 * @example
 * roll(tensor1d([1, 2, 3, 4]), 1); // [4, 1, 2, 3]
 */
export function roll(x: Tensor, shift: number | readonly number[], axes: number | readonly number[] = 0): Tensor {
  checkTensor('roll', 'x', x);
  const shifts = [shift].flat();
  const along = [axes].flat().map((axis) => normalizeAxis('roll', axis, x.shape.length));
  normalizeAxes('roll', along, x.shape.length);
  if (shifts.length !== along.length) {
    const expected = `to have ${along.length} numbers, one for each axis`;
    throw new ArgumentError({ op: 'roll', argument: 'shift', expected, received: String(shifts.length) });
  }
  for (const by of shifts) checkInteger('roll', 'shift', by);
  return along.reduce((moved, axis, i) => rollAxis(moved, shifts[i], axis), x);
}

function rollAxis(x: Tensor, shift: number, axis: number): Tensor {
  const length = x.shape[axis];
  const by = length === 0 ? 0 : ((shift % length) + length) % length;
  if (by === 0) return x.clone();
  const [front, back] = split(x, [length - by, by], axis);
  return concat([back, front], axis);
}

/**
 * Repeats each element along an axis, unlike `tile`, which repeats the whole.
 *
 * @param x      any shape of at least one axis
 * @param times  how often: one number for all, or one for each position along the axis
 * @param axis   default 0; negative ones count from the end
 * @throws {ArgumentError} there is no such axis (code `AXIS`), or `times` is not as described
 * @example
 * repeatInterleave(tensor1d([1, 2, 3]), 2); // [1, 1, 2, 2, 3, 3]
 */
export function repeatInterleave(x: Tensor, times: number | readonly number[], axis = 0): Tensor {
  checkTensor('repeatInterleave', 'x', x);
  const along = normalizeAxis('repeatInterleave', axis, x.shape.length);
  const length = x.shape[along];
  const counts = typeof times === 'number' ? new Array<number>(length).fill(times) : times;
  for (const count of typeof times === 'number' ? [times] : times) {
    checkInteger('repeatInterleave', 'times', count, { minimum: 0 });
  }
  if (counts.length !== length) {
    const expected = `to have ${length} numbers, one for each position`;
    throw new ArgumentError({ op: 'repeatInterleave', argument: 'times', expected, received: String(counts.length) });
  }
  const positions = counts.flatMap((count, i) => new Array<number>(count).fill(i));
  return gather(x, tensor1d(positions, 'int32'), along);
}

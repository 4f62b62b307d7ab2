// SPDX-License-Identifier: Apache-2.0
// Arithmetic on shapes that ops and kernels share: sizes, strides, axes and broadcasting; pure functions.

import { ArgumentError, formatShape, ShapeError } from './errors.ts';

/** The length of each axis, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/** The number of elements: the product of all axes, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Whether two shapes have the same axes in the same order. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/**
 * Elements to step over for one step along each axis of a contiguous tensor whose last axis lies densest.
 *
 * @example
 * rowMajorStrides([2, 3, 4]); // [12, 4, 1]
 */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/**
 * Strides of a contiguous tensor of `shape` read as if it had been broadcast to `target`: 0 along every repeated axis.
 *
 * @param shape  must broadcast to `target`, see {@link broadcastShapes}
 * @example
 * broadcastStrides([3, 1], [2, 3, 4]); // [0, 1, 0]
 */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = rowMajorStrides(shape);
  const missing = target.length - shape.length;
  return target.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]));
}

/**
 * The shape of an elementwise result. Shapes are aligned at their last axis; a missing axis counts as 1, and an axis of
 * length 1 is repeated to the other's length.
 *
 * @throws {ShapeError} two lengths differ and neither is 1 (code `BROADCAST`)
 * @see NumPy, https://numpy.org/doc/stable/user/basics.broadcasting.html
 * @example
 * broadcastShapes('add', [8, 1, 6], [7, 1]); // [8, 7, 6]
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const fromA = axis < rank - a.length ? 1 : a[axis - (rank - a.length)];
    const fromB = axis < rank - b.length ? 1 : b[axis - (rank - b.length)];
    if (fromA !== fromB && fromA !== 1 && fromB !== 1) {
      throw new ShapeError(
        {
          op,
          argument: 'b',
          expected: `that broadcasts with a ${formatShape(a)}`,
          received: b,
          hint: `Axis ${axis - rank} is ${fromA} in a and ${fromB} in b: they must be equal, or one of them 1.`,
        },
        'BROADCAST',
      );
    }
    shape[axis] = fromA === 1 ? fromB : fromA;
  }
  return shape;
}

/**
 * Whether `shape` can be repeated to exactly `target` without changing `target`.
 *
 * @example
 * broadcastsTo([3, 1], [2, 3, 4]); // true
 */
export function broadcastsTo(shape: Shape, target: Shape): boolean {
  const missing = target.length - shape.length;
  return missing >= 0 && shape.every((length, axis) => length === 1 || length === target[axis + missing]);
}

/**
 * The axes of `target` along which `shape` is repeated: those a gradient must be summed over to fit `shape` again.
 *
 * @param shape  must broadcast to `target`
 * @example
 * broadcastAxes([3, 1], [2, 3, 4]); // [0, 2]
 */
export function broadcastAxes(shape: Shape, target: Shape): number[] {
  const missing = target.length - shape.length;
  const axes: number[] = [];
  for (let axis = 0; axis < target.length; axis++) {
    if (axis < missing || (shape[axis - missing] === 1 && target[axis] !== 1)) axes.push(axis);
  }
  return axes;
}

/**
 * An axis counted from the front; a negative one counts from the end.
 *
 * @throws {ArgumentError} not an integer in `[-rank, rank - 1]` (code `AXIS`)
 * @example
 * normalizeAxis('softmax', -1, 3); // 2
 */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const expected = rank === 0 ? 'not to be given for a scalar' : `to be an integer from ${-rank} to ${rank - 1}`;
    throw new ArgumentError({ op, argument: 'axis', expected, received: String(axis) }, 'AXIS');
  }
  return axis < 0 ? axis + rank : axis;
}

/**
 * One axis, several or none (all of them), counted from the front and ascending.
 *
 * @throws {ArgumentError} an axis is out of range or named twice (code `AXIS`)
 * @example
 * normalizeAxes('sum', [-1, 0], 3); // [0, 2]
 */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = typeof axes === 'number' ? [axes] : axes;
  const normalized = list.map((axis) => normalizeAxis(op, axis, rank)).sort((a, b) => a - b);
  if (new Set(normalized).size < normalized.length) {
    throw new ArgumentError(
      { op, argument: 'axis', expected: 'to name each axis once', received: formatShape(list) },
      'AXIS',
    );
  }
  return normalized;
}

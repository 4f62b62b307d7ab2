// SPDX-License-Identifier: Apache-2.0
// A block of a tensor.

import { checkInteger, checkTensor } from '../check.ts';
import { describeValue } from '../describe-value.ts';
import { ArgumentError, formatShape } from '../errors.ts';
import { type Tensor, slice as tfjsSlice } from '../tf.ts';

/**
 * The elements from `begin` on, `size` of them along each axis. Axes that are not named are taken whole.
 *
 * @param x      at least one axis
 * @param begin  of the first axes, or of the first alone; a negative one counts from the end
 * @param size   of the first axes, or of the first alone; -1, or none: all that is left
 * @throws {ArgumentError} no integers, more than there are axes, or the block reaches over the end (code `ARGUMENT`)
 * @example
 * slice(tensor1d([1, 2, 3, 4]), -3, 2); // [2, 3]
 */
export function slice<T extends Tensor>(
  x: T,
  begin: number | readonly number[],
  size: number | readonly number[] = [],
): T {
  checkTensor('slice', 'x', x);
  const { shape } = x;
  const begins = perAxis('begin', begin, shape);
  const sizes = perAxis('size', size, shape);
  const starts = shape.map((length, axis) => startOf(axis, begins[axis] ?? 0, length));
  const lengths = shape.map((length, axis) => lengthOf(axis, sizes[axis] ?? -1, length - starts[axis]));
  return tfjsSlice<T['rankType'], T>(x, starts, lengths);
}

function perAxis(argument: string, given: number | readonly number[], shape: readonly number[]): readonly number[] {
  const list = typeof given === 'number' ? [given] : given;
  if (isList(list) && list.length <= shape.length) return list;
  const expected = `to be an integer, or a list of at most ${shape.length} (x is ${formatShape(shape)})`;
  throw new ArgumentError({ op: 'slice', argument, expected, received: describeValue(given) });
}

function startOf(axis: number, begin: number, length: number): number {
  checkInteger('slice', `begin of axis ${axis}`, begin, { minimum: -length, maximum: length });
  return begin < 0 ? begin + length : begin;
}

function lengthOf(axis: number, size: number, left: number): number {
  checkInteger('slice', `size of axis ${axis}`, size, { minimum: -1, maximum: left });
  return size === -1 ? left : size;
}

/** Not a type guard: `Array.isArray` would turn a list of numbers into one of anything. */
function isList(value: unknown): boolean {
  return Array.isArray(value);
}

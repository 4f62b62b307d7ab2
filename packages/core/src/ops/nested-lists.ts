// SPDX-License-Identifier: Apache-2.0
// Nested lists of values as the elements of a tensor: their shape, and the elements one after the other.

import { describeValue } from '../describe-value.ts';
import { ArgumentError, ShapeError, formatShape } from '../errors.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { type TypedArray, util } from '../tf.ts';

export type NumericType = 'float32' | 'int32' | 'bool';

/** What holds the elements. */
const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } satisfies Record<NumericType, unknown>;

/** A list, or a typed array for the innermost axis. */
type Row = readonly unknown[] | TypedArray;

export function isRow(value: unknown): value is Row {
  return Array.isArray(value) || (typeof value === 'object' && value !== null && util.isTypedArray(value));
}

/** The length of each axis, as the first row of each tells it. */
export function shapeOfLists(values: unknown): number[] {
  const shape: number[] = [];
  for (let first = values; isRow(first); first = first[0]) shape.push(first.length);
  return shape;
}

/**
 * The elements in row-major order.
 *
 * @param shape  see {@link shapeOfLists}
 * @throws {ShapeError} a row has another shape than the first beside it (code `RAGGED`)
 * @throws {ArgumentError} an element is neither a number nor a boolean (code `ARGUMENT`)
 */
export function readLists(op: string, values: Row, shape: Shape, dtype: NumericType): TypedArray {
  const elements = new ARRAYS[dtype](sizeOf(shape));
  let position = 0;
  for (const row of innermostRows(op, values, shape)) {
    const wrong = row.findIndex((element: unknown) => typeof element !== 'number' && typeof element !== 'boolean');
    if (wrong >= 0) throw elementError(op, row[wrong], position + wrong, shape);
    elements.set(dtype === 'bool' ? Array.from(row as ArrayLike<number>, truth) : (row as ArrayLike<number>), position);
    position += row.length;
  }
  return elements;
}

/** As tfjs takes numbers for booleans. */
function truth(element: number): number {
  return Math.round(element) === 0 ? 0 : 1;
}

function innermostRows(op: string, values: Row, shape: Shape): Row[] {
  let rows = [values];
  for (let axis = 1; axis < shape.length; axis++) {
    const next = rows.flatMap((row) => [...row]);
    const wrong = next.findIndex((row) => !isRow(row) || row.length !== shape[axis]);
    if (wrong >= 0) throw raggedError(op, next[wrong], wrong, shape, axis);
    rows = next as Row[];
  }
  return rows;
}

function elementError(op: string, element: unknown, position: number, shape: Shape): Error {
  if (isRow(element)) return raggedError(op, element, position, shape, shape.length);
  const argument = placeOf(position, shape);
  return new ArgumentError({ op, argument, expected: 'to be a number', received: describeValue(element) });
}

/** @param axis  of the row; `position` counts the rows of that axis */
function raggedError(op: string, row: unknown, position: number, shape: Shape, axis: number): ShapeError {
  const [argument, expected] = [placeOf(position, shape.slice(0, axis)), formatShape(shape.slice(axis))];
  const hint = 'Lists beside each other must have one shape, here that of the first.';
  return new ShapeError({ op, argument, expected, received: shapeOfLists(row), hint }, 'RAGGED');
}

/** `values[1][0]` */
function placeOf(position: number, shape: Shape): string {
  const indices = shape.map((length, axis) => Math.floor(position / sizeOf(shape.slice(axis + 1))) % length);
  return `values${indices.map((index) => `[${index}]`).join('')}`;
}

// SPDX-License-Identifier: Apache-2.0
// Arguments of operations on spatial axes: those between batch and channels, of which there are one to three.

import { checkFloat, checkInteger, checkRank } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { Tensor } from '../tf.ts';

/** One number for all spatial axes, or one for each: depth, height, width, as many as there are. */
export type PerAxis = number | readonly number[];

/**
 * The numbers of all spatial axes, from one for all of them or a list.
 *
 * @throws {ArgumentError} neither an integer >= `minimum` nor a list of `axes` of them (code `ARGUMENT`)
 * @example
 * perAxis('maxPool2d', 'stride', 2, 2, 1); // [2, 2]
 */
export function perAxis(op: string, argument: string, value: PerAxis, axes: number, minimum: number): number[] {
  if (Array.isArray(value) && value.length !== axes) {
    const expected = `to be an integer, or a list of ${axes}`;
    throw new ArgumentError({ op, argument, expected, received: `a list of ${value.length}` });
  }
  const list = Array.isArray(value) ? (value as readonly number[]) : new Array<number>(axes).fill(value as number);
  for (const item of list) checkInteger(op, argument, item, { minimum });
  return [...list];
}

/**
 * @throws {ArgumentError} `x` is no tensor
 * @throws {DTypeError} `x` is not float32
 * @throws {ShapeError} `x` is not `[batch, ...spatial, channels]` with `axes` spatial axes (code `RANK`)
 */
export function checkSpatial(op: string, x: Tensor, axes: number): void {
  checkFloat(op, { x });
  checkRank(op, 'x', x, axes + 2);
}

/** The lengths of the spatial axes of `[batch, ...spatial, channels]`. */
export function spatialShape(x: Tensor): number[] {
  return x.shape.slice(1, -1);
}

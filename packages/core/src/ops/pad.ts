// SPDX-License-Identifier: Apache-2.0
// A tensor with a margin of one value.

import { checkInteger, checkTensor } from '../check.ts';
import { describeValue } from '../describe-value.ts';
import { ArgumentError } from '../errors.ts';
import { type Tensor, pad as tfjsPad } from '../tf.ts';
import { checkPadValue, isPairs } from './pad-spatial.ts';

/**
 * `x` with elements of one value around it. See {@link padSpatial} for other margins of images and sequences.
 *
 * @param x         at least one axis
 * @param paddings  `[before, after]` of each axis
 * @param value     any number, infinities and NaN too; default 0
 * @throws {ArgumentError} no pair of integers >= 0 for each axis (code `ARGUMENT`)
 * @example
 * pad(tensor1d([1, 2]), [[1, 0]]); // [0, 1, 2]
 */
export function pad<T extends Tensor>(x: T, paddings: readonly (readonly [number, number])[], value = 0): T {
  checkTensor('pad', 'x', x);
  checkPadValue('pad', value);
  const pairs = checkPairs(paddings, x.shape.length);
  return tfjsPad(x, pairs, value);
}

function checkPairs(paddings: unknown, axes: number): [number, number][] {
  if (axes === 0 || !isPairs(paddings) || paddings.length !== axes) {
    const expected = axes === 0 ? 'to be of a tensor with axes' : `to be a list of ${axes} pairs [before, after]`;
    throw new ArgumentError({ op: 'pad', argument: 'paddings', expected, received: describeValue(paddings) });
  }
  for (const [axis, pair] of paddings.entries()) {
    for (const width of pair) checkInteger('pad', `paddings[${axis}]`, width, { minimum: 0 });
  }
  return paddings.map(([before, after]) => [before, after]);
}

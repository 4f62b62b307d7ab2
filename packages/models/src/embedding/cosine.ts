// SPDX-License-Identifier: Apache-2.0
// How alike two vectors are.

import { ShapeError } from '@nabla/core';

/**
 * The cosine of the angle between two vectors, `a · b / (‖a‖ ‖b‖)`: 1 for the same direction, 0 for a right angle. It is 0 where one
 * of them is 0.
 *
 * @throws {ShapeError} they are not of the same length
 * @example
 * cosineOf([3, 4], [4, 3]); // 0.96
 */
export function cosineOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) {
    throw new ShapeError({ op: 'cosineOf', argument: 'b', expected: `[${a.length}]`, received: [b.length] });
  }
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [left = 0, right = 0] = [a[i], b[i]];
    product += left * right;
    squareA += left * left;
    squareB += right * right;
  }
  const lengths = Math.sqrt(squareA * squareB);
  return lengths === 0 ? 0 : product / lengths;
}

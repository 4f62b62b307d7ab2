// SPDX-License-Identifier: Apache-2.0
// How a native kernel walks over two tensors that are repeated to a common shape.

import { type Shape, broadcastShapes, sameShape, sizeOf } from '../../shape.ts';

/** A walk over `shape` with the element strides of both operands, 0 where one is repeated. At least one axis. */
export interface BroadcastWalk {
  readonly shape: readonly number[];
  readonly aStrides: readonly number[];
  readonly bStrides: readonly number[];
}

const FORWARD: readonly number[] = [1];
const REPEATED: readonly number[] = [0];

/** The shape of the result; see {@link broadcastShapes}. */
export function resultShape(op: string, a: Shape, b: Shape): Shape {
  return sameShape(a, b) ? a : broadcastShapes(op, a, b);
}

/**
 * The shortest walk over `a` and `b`, contiguous tensors whose shapes broadcast to `result`: neighbouring axes along which
 * the same operands are repeated become one, so that equal shapes give one axis, and a row added to a matrix two.
 *
 * @example
 * broadcastWalk([8, 4, 6], [6], [8, 4, 6]); // {"shape":[32,6],"aStrides":[6,1],"bStrides":[0,1]}
 */
export function broadcastWalk(a: Shape, b: Shape, result: Shape): BroadcastWalk {
  const size = sizeOf(result);
  const [aSize, bSize] = [sizeOf(a), sizeOf(b)];
  if (size === aSize && size === bSize) return { shape: [size], aStrides: FORWARD, bStrides: FORWARD };
  if (bSize === 1) return { shape: [size], aStrides: FORWARD, bStrides: REPEATED };
  if (aSize === 1) return { shape: [size], aStrides: REPEATED, bStrides: FORWARD };
  const shape: number[] = [];
  const aStrides: number[] = [];
  const bStrides: number[] = [];
  let [aStep, bStep] = [1, 1];
  for (let axis = 1; axis <= result.length; axis++) {
    const length = result[result.length - axis];
    if (length === 1) continue;
    const aRepeats = axis > a.length || a[a.length - axis] === 1;
    const bRepeats = axis > b.length || b[b.length - axis] === 1;
    if (shape.length > 0 && aRepeats === (aStrides[0] === 0) && bRepeats === (bStrides[0] === 0)) {
      shape[0] *= length;
    } else {
      shape.unshift(length);
      aStrides.unshift(aRepeats ? 0 : aStep);
      bStrides.unshift(bRepeats ? 0 : bStep);
    }
    if (!aRepeats) aStep *= length;
    if (!bRepeats) bStep *= length;
  }
  return { shape, aStrides, bStrides };
}

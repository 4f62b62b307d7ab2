// SPDX-License-Identifier: Apache-2.0
// The walk over two tensors that are repeated to a common shape.

import '@nabla/testing';

import { broadcastStrides, sizeOf } from '../../shape.ts';
import { type BroadcastWalk, broadcastWalk, resultShape } from './broadcast.ts';

/** The offsets that strides visit in a row-major walk. */
function offsets(shape: readonly number[], strides: readonly number[]): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    let [rest, offset] = [i, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    return offset;
  });
}

describe('broadcastWalk', () => {
  it.each([
    { a: [8, 4, 6], b: [8, 4, 6], walk: { shape: [192], aStrides: [1], bStrides: [1] } },
    { a: [8, 4, 6], b: [], walk: { shape: [192], aStrides: [1], bStrides: [0] } },
    { a: [1, 1], b: [8, 4], walk: { shape: [32], aStrides: [0], bStrides: [1] } },
    { a: [8, 4, 6], b: [6], walk: { shape: [32, 6], aStrides: [6, 1], bStrides: [0, 1] } },
    { a: [8, 4, 1], b: [8, 4, 6], walk: { shape: [32, 6], aStrides: [1, 0], bStrides: [6, 1] } },
    { a: [3, 1], b: [1, 5], walk: { shape: [3, 5], aStrides: [1, 0], bStrides: [0, 1] } },
    { a: [2, 1, 3, 1], b: [2, 4, 3, 1], walk: { shape: [2, 4, 3], aStrides: [3, 0, 1], bStrides: [12, 3, 1] } },
    { a: [], b: [1, 1], walk: { shape: [1], aStrides: [1], bStrides: [1] } },
  ])('is short for $a and $b', ({ a, b, walk }) => {
    expect(broadcastWalk(a, b, resultShape('add', a, b))).toEqual(walk);
  });

  it.each([
    [
      [2, 1, 5, 1],
      [7, 1, 6],
    ],
    [
      [2, 3, 4, 5],
      [3, 1, 5],
    ],
    [
      [2, 1, 2, 1, 2, 1],
      [1, 2, 1, 2, 1, 2],
    ],
    [
      [1, 4, 1, 1, 3],
      [5, 1, 2, 1, 1],
    ],
    [[0, 3], [3]],
    [
      [2, 0],
      [2, 1],
    ],
  ])('visits what broadcasting names for %j and %j', (a, b) => {
    const result = resultShape('add', a, b);
    const { shape, aStrides, bStrides }: BroadcastWalk = broadcastWalk(a, b, result);
    expect(offsets(shape, aStrides)).toEqual(offsets(result, broadcastStrides(a, result)));
    expect(offsets(shape, bStrides)).toEqual(offsets(result, broadcastStrides(b, result)));
  });
});

describe('resultShape', () => {
  it('throws BROADCAST where two lengths differ', () => {
    expect(() => resultShape('add', [2, 3], [2, 4])).toThrowCode('BROADCAST', /^add: .*\[2, 4\]/);
  });
});

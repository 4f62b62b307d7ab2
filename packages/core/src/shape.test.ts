// SPDX-License-Identifier: Apache-2.0
// Tests of the arithmetic on shapes, by example and by property.

import fc from 'fast-check';
import {
  broadcastAxes,
  broadcastShapes,
  broadcastStrides,
  broadcastsTo,
  normalizeAxes,
  normalizeAxis,
  rowMajorStrides,
  sameShape,
  sizeOf,
} from './shape.ts';

const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 5 });

describe('sizes and strides', () => {
  it('multiplies the axes', () => {
    expect(sizeOf([])).toBe(1);
    expect(sizeOf([2, 3, 4])).toBe(24);
    expect(sizeOf([2, 0, 4])).toBe(0);
  });

  it('steps over all inner axes', () => {
    expect(rowMajorStrides([])).toEqual([]);
    expect(rowMajorStrides([5])).toEqual([1]);
    expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
  });

  it('compares shapes axis by axis', () => {
    expect(sameShape([2, 3], [2, 3])).toBe(true);
    expect(sameShape([2, 3], [3, 2])).toBe(false);
    expect(sameShape([2], [2, 1])).toBe(false);
    expect(sameShape([], [])).toBe(true);
  });
});

describe('broadcasting', () => {
  it.each([
    [[], [], []],
    [[], [3], [3]],
    [
      [8, 1, 6],
      [7, 1],
      [8, 7, 6],
    ],
    [[0], [1], [0]],
    [
      [2, 1],
      [1, 0],
      [2, 0],
    ],
  ])('of %p and %p gives %p, either way round', (a, b, expected) => {
    expect(broadcastShapes('add', a, b)).toEqual(expected);
    expect(broadcastShapes('add', b, a)).toEqual(expected);
  });

  it('names the axis that does not fit', () => {
    expect(() => broadcastShapes('add', [2, 3], [2, 4])).toThrow(
      'add: expected b of shape that broadcasts with a [2, 3], received [2, 4]. ' +
        'Axis -1 is 3 in a and 4 in b: they must be equal, or one of them 1.',
    );
    expect(() => broadcastShapes('add', [3], [0])).toThrow(expect.objectContaining({ code: 'BROADCAST' }));
  });

  it('has strides of 0 exactly along repeated axes', () => {
    expect(broadcastStrides([3, 1], [2, 3, 4])).toEqual([0, 1, 0]);
    expect(broadcastStrides([], [2, 2])).toEqual([0, 0]);
    expect(broadcastStrides([2, 3], [2, 3])).toEqual([3, 1]);
  });

  it('sums gradients over exactly the repeated axes', () => {
    expect(broadcastAxes([3, 1], [2, 3, 4])).toEqual([0, 2]);
    expect(broadcastAxes([3, 1], [3, 1])).toEqual([]);
    expect(broadcastAxes([], [2])).toEqual([0]);
  });

  it('goes to a shape that it does not change', () => {
    expect(broadcastsTo([3, 1], [2, 3, 4])).toBe(true);
    expect(broadcastsTo([2, 3, 4], [3, 4])).toBe(false);
    expect(broadcastsTo([3], [4])).toBe(false);
  });

  it('agrees with itself for random shapes', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
        fc.nat(4),
        (target, ones, dropped) => {
          const full = target.map((length, axis) => (ones[axis] ? 1 : length));
          const shape = full.slice(Math.min(dropped, full.length));
          expect(broadcastsTo(shape, target)).toBe(true);
          expect(broadcastShapes('op', shape, target)).toEqual(target);
          const repeated = broadcastAxes(shape, target);
          const kept = target.filter((_, axis) => !repeated.includes(axis));
          expect(sizeOf(kept)).toBe(sizeOf(shape));
        },
      ),
      { seed: 1 },
    );
  });
});

describe('axes', () => {
  it('count from the front', () => {
    expect(normalizeAxis('softmax', -1, 3)).toBe(2);
    expect(normalizeAxis('softmax', 0, 3)).toBe(0);
    expect(normalizeAxes('sum', [-1, 0], 3)).toEqual([0, 2]);
    expect(normalizeAxes('sum', 1, 3)).toEqual([1]);
    expect(normalizeAxes('sum', undefined, 3)).toEqual([0, 1, 2]);
  });

  it.each([[3], [-4], [1.5], [NaN]])('%p is refused for rank 3', (axis) => {
    expect(() => normalizeAxis('softmax', axis, 3)).toThrow(expect.objectContaining({ code: 'AXIS' }));
  });

  it('say so for a scalar and when named twice', () => {
    expect(() => normalizeAxis('softmax', 0, 0)).toThrow(
      'softmax: expected axis not to be given for a scalar, received 0.',
    );
    expect(() => normalizeAxes('sum', [1, -2], 3)).toThrow(
      'sum: expected axis to name each axis once, received [1, -2].',
    );
  });
});

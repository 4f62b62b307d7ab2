// SPDX-License-Identifier: Apache-2.0
// Tests of number comparison and of the table of differences.

import { describeDifferences, differences, isClose } from './compare.ts';

const limit = { absolute: 1e-3, relative: 1e-2 };

describe('isClose', () => {
  it('adds the absolute and the relative part', () => {
    expect(isClose(1.0109, 1, limit)).toBe(true);
    expect(isClose(1.0111, 1, limit)).toBe(false);
  });

  it('takes NaN for NaN and an infinity only for itself', () => {
    expect(isClose(NaN, NaN, limit)).toBe(true);
    expect(isClose(Infinity, Infinity, limit)).toBe(true);
    for (const [a, b] of [
      [NaN, 1],
      [1, NaN],
      [Infinity, -Infinity],
      [Infinity, 1],
      [1, Infinity],
      [NaN, Infinity],
    ]) {
      expect(isClose(a, b, { absolute: Infinity, relative: Infinity })).toBe(false);
    }
  });
});

describe('differences', () => {
  it('lists what differs, worst first', () => {
    const found = differences([1, 2.5, 3, NaN, -1], [1, 2, 3.001, 4, 1], limit);
    expect(found.map(({ offset }) => offset)).toEqual([3, 4, 1]);
    expect(found[2]).toEqual({ offset: 1, received: 2.5, expected: 2, absolute: 0.5, relative: 0.25 });
  });

  it('orders differences from 0 with tolerance 0', () => {
    expect(differences([1, 0, 5], [0, 0, 0], { absolute: 0, relative: 0 })).toHaveLength(2);
  });
});

describe('describeDifferences', () => {
  it('prints index, both values, absolute and relative error', () => {
    const found = differences([1, 2, 3, 4.5, 5, Infinity], [1, 2, 3, 4, 5, 6], limit);
    expect(describeDifferences(found, [2, 3])).toBe(
      [
        '  index   received  expected  absolute  relative',
        '  [1, 2]  Infinity  6         Infinity  Infinity',
        '  [1, 0]  4.5       4         5.00e-1   1.25e-1',
      ].join('\n'),
    );
  });

  it('shows eight and counts the rest', () => {
    const found = differences(new Array<number>(20).fill(1), new Array<number>(20).fill(0), limit);
    const lines = describeDifferences(found, [20]).split('\n');
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('  … and 12 more');
  });
});

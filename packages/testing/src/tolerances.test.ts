// SPDX-License-Identifier: Apache-2.0
// Tests of the tolerance table against what float32 arithmetic really does.

import { isClose } from './compare.ts';
import { randomValues } from './random-tensor.ts';
import { tolerance } from './tolerances.ts';

/** The sum in float32, one after the other, and in float64. */
function sums(values: Float32Array): [number, number] {
  let [single, double] = [0, 0];
  for (const value of values) {
    single = Math.fround(single + value);
    double += value;
  }
  return [single, double];
}

describe('tolerance', () => {
  it('is 0 for data movement', () => expect(tolerance('exact')).toEqual({ absolute: 0, relative: 0 }));

  it('meets the figures of the specification for training', () => {
    expect(tolerance('training', 1).absolute).toBeCloseTo(1e-4);
    expect(tolerance('training', 50).absolute).toBeLessThan(1e-2);
  });

  it.each([1, 17, 300, 4096])('covers float32 sums of %i terms without being generous', (length) => {
    for (let seed = 0; seed < 30; seed++) {
      const [signed, exactSigned] = sums(randomValues(length, { seed }).map((x) => x * Math.fround(1.1)));
      expect(isClose(signed, exactSigned, tolerance('matmul', length))).toBe(true);
      const [positive, exactPositive] = sums(
        randomValues(length, { seed, low: 0, high: 2 }).map((x) => x * Math.fround(1.1)),
      );
      expect(isClose(positive, exactPositive, tolerance('reduce', length))).toBe(true);
      expect(isClose(positive, exactPositive * (1 + 1e-4), tolerance('reduce', length))).toBe(false);
    }
  });
});

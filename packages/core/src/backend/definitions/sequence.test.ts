// SPDX-License-Identifier: Apache-2.0
// Tests of evenly spaced numbers: their errors do not add up, and their ends are what was asked for.

import { devices, useDevice } from '@nabla/testing';

import { linspace, range } from '../../tf.ts';

describe.each(devices())('evenly spaced numbers on %s', (device) => {
  useDevice(device);

  it('range gives start + i step, however many there are', () => {
    for (const [start, stop, step] of [
      [0, 1e5, 0.1],
      [3, -2e4, -0.3],
      [0, 3, 0.7],
    ]) {
      const values = range(start, stop, step).dataSync();
      expect(values).toHaveLength(Math.ceil((stop - start) / step));
      expect(values).toEqual(Float32Array.from(values, (_, i) => start + i * step));
    }
  });

  it('range counts whole numbers, downwards without being told, and nothing in the wrong direction', () => {
    expect([...range(2, 5, 1, 'int32').dataSync()]).toEqual([2, 3, 4]);
    expect([...range(5, 2).dataSync()]).toEqual([5, 4, 3]);
    expect([...range(2, 5, -1).dataSync()]).toEqual([]);
    expect([...range(2, 2).dataSync()]).toEqual([]);
  });

  it('linspace has both ends as they are', () => {
    for (const [start, stop, count] of [
      [0, 1, 11],
      [0, 1, 1_000_001],
      [-0.1, 0.7, 4],
      [2, 5, 1],
    ]) {
      const values = linspace(start, stop, count).dataSync();
      const expected = Float32Array.from(values, (_, i) => start + (i * (stop - start)) / Math.max(1, count - 1));
      if (count > 1) expected[count - 1] = stop;
      expect(values).toEqual(expected);
    }
  });
});

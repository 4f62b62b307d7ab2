// SPDX-License-Identifier: Apache-2.0
// Tests of the random test data.

import { devices, useDevice } from './devices.ts';
import './matchers.ts';
import { randomIntegers, randomMask, randomTensor, randomValues } from './random-tensor.ts';
import { tolerance } from './tolerances.ts';

describe.each(devices())('random test data on %s', (device) => {
  useDevice(device);

  it('depends on the seed alone', () => {
    const x = randomTensor([3, 5], { seed: 1 });
    expect(randomTensor([3, 5], { seed: 1 })).toBeCloseToTensor(x, tolerance('exact'));
    expect(randomTensor([3, 5], { seed: 2 })).not.toBeCloseToTensor(x);
    expect({ shape: x.shape, dtype: x.dtype }).toEqual({ shape: [3, 5], dtype: 'float32' });
  });

  it('draws integers below the limit and masks with both values', () => {
    const integers = randomIntegers([100], 7, { seed: 3 });
    expect(new Set(integers.dataSync())).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    expect(integers.dtype).toBe('int32');
    const mask = randomMask([100], { seed: 4 });
    expect(new Set(mask.dataSync())).toEqual(new Set([0, 1]));
    expect(mask.dtype).toBe('bool');
  });
});

describe('randomValues', () => {
  it('is standard normal without limits', () => {
    const values = randomValues(20_000, { seed: 5 });
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it('stays within limits', () => {
    const values = randomValues(1000, { seed: 6, low: 2, high: 3 });
    expect(Math.min(...values)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...values)).toBeLessThan(3);
  });
});

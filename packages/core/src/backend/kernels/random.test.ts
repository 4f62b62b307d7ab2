// SPDX-License-Identifier: Apache-2.0
// Random fills: the bits of their definitions on every device, with any number of threads.

import { describeOnNative, devices, tolerance, useDevice } from '@nabla/testing';

import { setThreads } from '../../device.ts';
import { runKernelForOne } from '../../ops/run.ts';
import { fillNormal, fillUniform } from '../definitions/random.ts';

const SIZES = [0, 1, 2, 3, 4, 5, 63, 64, 65, 1000];
const STREAMS = [
  { seed: 0, offset: 0 },
  { seed: 7, offset: 12 },
  { seed: 2 ** 40 + 3, offset: 2 ** 33 - 2 }, // its low word overflows within a fill
  { seed: Number.MAX_SAFE_INTEGER, offset: 2 ** 32 - 1 },
];

describe.each(devices())('random fills on %s', (device) => {
  useDevice(device);

  it.each(STREAMS)('are uniform for %j', ({ seed, offset }) => {
    for (const size of SIZES) {
      const expected = new Float32Array(size);
      fillUniform(expected, seed, offset, -0.3, 0.7);
      const actual = runKernelForOne('NablaRandomUniform', {}, { shape: [size], seed, offset, low: -0.3, high: 0.7 });
      expect(actual).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it.each(STREAMS)('are normal for %j', ({ seed, offset }) => {
    for (const size of SIZES) {
      const expected = new Float32Array(size);
      fillNormal(expected, seed, offset, 0.1, 0.02);
      const attributes = { shape: [size], seed, offset, mean: 0.1, standardDeviation: 0.02 };
      expect(runKernelForOne('NablaRandomNormal', {}, attributes)).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });
});

describeOnNative('threads on %s', (device) => {
  useDevice(device);
  afterEach(() => setThreads(0));

  it('share a fill at whole blocks', () => {
    const expected = new Float32Array(50_003);
    fillNormal(expected, 5, 9, 0, 1);
    setThreads(3);
    const attributes = { shape: [50_003], seed: 5, offset: 9, mean: 0, standardDeviation: 1 };
    expect(runKernelForOne('NablaRandomNormal', {}, attributes)).toBeCloseToTensor(expected, tolerance('exact'));
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the dropout layer.

import { Generator, ones } from '@nabla/core';
import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { Dropout } from './dropout.ts';

describe.each(devices())('Dropout on %s', (device) => {
  useDevice(device);

  it('zeroes the given share while training, and scales the rest so that the mean stays', () => {
    const values = [...new Dropout(0.2, { generator: new Generator(3) }).forward(ones([10000])).dataSync()];
    expect(new Set(values)).toEqual(new Set([0, 1.25]));
    expect(values.filter((value) => value === 0).length / values.length).toBeCloseTo(0.2, 1);
  });

  it('drops others at each call, and the same ones with the same seed', () => {
    const x = ones([100]);
    const layer = new Dropout(0.5, { generator: new Generator(3) });
    const [first, second] = [layer.forward(x), layer.forward(x)];
    expect(second).not.toBeCloseToTensor(first, tolerance('exact'));
    const again = new Dropout(0.5, { generator: new Generator(3) });
    expect(again.forward(x)).toBeCloseToTensor(first, tolerance('exact'));
  });

  it('returns its input in evaluation and at probability 0, and draws nothing then', () => {
    const generator = new Generator(3);
    const x = randomTensor([4], { seed: 1 });
    expect(new Dropout(0.5, { generator }).eval().forward(x)).toBe(x);
    expect(new Dropout(0, { generator }).forward(x)).toBe(x);
    expect(generator.offset).toBe(0);
  });

  it('refuses what is no probability below 1, and unknown options', () => {
    const generator = new Generator(3);
    for (const probability of [-0.1, 1, NaN]) {
      expect(() => new Dropout(probability, { generator })).toThrowCode('ARGUMENT', /probability/);
    }
    const options = { generator, seed: 1 };
    expect(() => new Dropout(0.5, options)).toThrowCode('OPTION', /seed/);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the affine layer; golden values and names are in the suite of all layers.

import { Generator, dispose, fill, ones } from '@nabla/core';
import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { Linear } from './linear.ts';

const generator = (): Generator => new Generator(3);

describe.each(devices())('Linear on %s', (device) => {
  useDevice(device);

  it('starts weight and bias uniform in ±1 / sqrt(inputs)', () => {
    const layer = new Linear(100, 200, { generator: generator() });
    for (const drawn of layer.parameters().map((parameter) => [...parameter.dataSync()])) {
      expect(Math.max(...drawn)).toBeLessThan(0.1);
      expect(Math.max(...drawn)).toBeGreaterThan(0.095);
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(-Math.fround(0.1));
      expect(Math.min(...drawn)).toBeLessThan(-0.095);
    }
    const weight = [...layer.weight.dataSync()];
    const variance = weight.reduce((total, value) => total + value * value, 0) / weight.length;
    expect(variance / (0.01 / 3)).toBeCloseTo(1, 1); // that of a uniform distribution
    layer.dispose();
  });

  it('starts the same with the same seed', () => {
    const [one, two] = [0, 1].map(() => new Linear(5, 3, { generator: generator() }));
    expect(one.weight).toBeCloseToTensor(two.weight, tolerance('exact'));
    dispose([one, two]);
  });

  it('computes x · weightᵀ + bias over any number of batch axes', () => {
    const layer = new Linear(2, 1, { generator: generator() });
    layer.weight.assign(fill([1, 2], 3));
    layer.bias?.assign(ones([1]));
    expect(layer.forward(fill([2, 2, 2], 2))).toBeCloseToTensor(
      [
        [[13], [13]],
        [[13], [13]],
      ],
      tolerance('exact'),
    );
    expect(layer.forward(fill([2], 2))).toBeCloseToTensor([13], tolerance('exact'));
    layer.dispose();
  });

  it('has no bias when it is to have none', () => {
    const layer = new Linear(4, 3, { generator: generator(), bias: false });
    expect(Object.keys(layer.stateDict())).toEqual(['weight']);
    expect(layer.forward(fill([1, 4], 0))).toBeCloseToTensor([[0, 0, 0]], tolerance('exact'));
    layer.dispose();
  });

  it('refuses sizes, options and inputs that do not fit', () => {
    expect(() => new Linear(0, 3, { generator: generator() })).toThrowCode('ARGUMENT', /inputs/);
    expect(() => new Linear(3, 1.5, { generator: generator() })).toThrowCode('ARGUMENT', /outputs/);
    const options = { generator: generator(), biass: false };
    expect(() => new Linear(3, 2, options)).toThrowCode('OPTION', /Did you mean "bias"/);
    const layer = new Linear(3, 2, { generator: generator() });
    expect(() => layer.forward(randomTensor([2, 4], { seed: 1 }))).toThrowCode('SHAPE', /weight/);
    layer.dispose();
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the bilinear layer; golden values and names are in the suite of all layers.

import { Generator, ones, tensor1d, tensor3d, zeros } from '@nabla/core';
import { checkGradient, devices, tolerance, useDevice } from '@nabla/testing';

import { Bilinear } from './bilinear.ts';

const generator = (): Generator => new Generator(3);

describe.each(devices())('Bilinear on %s', (device) => {
  useDevice(device);

  it('starts weight and bias uniform in ±1 / sqrt(inputs1)', () => {
    const layer = new Bilinear(100, 10, 5, { generator: generator() });
    const drawn = [...layer.weight.dataSync()];
    expect(Math.max(...drawn)).toBeLessThan(0.1);
    expect(Math.max(...drawn)).toBeGreaterThan(0.099);
    expect(Math.min(...drawn)).toBeLessThan(-0.099);
    expect(Math.max(...(layer.bias?.dataSync() ?? []))).toBeLessThan(0.1);
    layer.dispose();
  });

  it('multiplies every feature of one input with every feature of the other', () => {
    const layer = new Bilinear(2, 3, 1, { generator: generator(), bias: false });
    layer.weight.assign(tensor3d([[[1, 2, 3], [4, 5, 6]]])); // prettier-ignore
    expect(layer.forward(tensor1d([1, 10]), tensor1d([1, 100, 0]))).toBeCloseToTensor([201 + 5040]);
    expect(Object.keys(layer.stateDict())).toEqual(['weight']);
    layer.dispose();
  });

  it('has the gradient of its formula, and takes no rows', () => {
    const layer = new Bilinear(5, 17, 3, { generator: generator() });
    checkGradient((x1, x2) => layer.forward(x1, x2), [[4, 5], [4, 17]], { seed: 1, tolerance: tolerance('matmul', 85) }); // prettier-ignore
    expect(layer.forward(zeros([0, 5]), zeros([0, 17])).shape).toEqual([0, 3]);
    layer.dispose();
  });

  it('refuses sizes, options and inputs that do not fit', () => {
    const options = { generator: generator() };
    expect(() => new Bilinear(0, 1, 1, options)).toThrowCode('ARGUMENT', /inputs1/);
    expect(() => new Bilinear(1, 0, 1, options)).toThrowCode('ARGUMENT', /inputs2/);
    expect(() => new Bilinear(1, 1, 0, options)).toThrowCode('ARGUMENT', /outputs/);
    expect(() => new Bilinear(1, 1, 1, { ...options, bias: 1 as never })).toThrowCode('ARGUMENT', /bias/);
    const unknown = { ...options, biass: false };
    expect(() => new Bilinear(1, 1, 1, unknown)).toThrowCode('OPTION', /Did you mean "bias"/);
    const layer = new Bilinear(2, 3, 1, options);
    expect(() => layer.forward(ones([4, 3]), ones([4, 3]))).toThrowCode('SHAPE', /x1 of shape \[...batch, 2\]/);
    expect(() => layer.forward(ones([4, 2]), ones([5, 3]))).toThrowCode('SHAPE', /x2 of shape \[4, 3\].*same batch/);
    expect(() => layer.forward(ones([4, 2]), ones([4, 3], 'int32'))).toThrowCode('DTYPE', /x2/);
    layer.dispose();
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the normalizing layer.

import { ones, tensor2d, zeros } from '@nabla/core';
import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { LayerNorm } from './layer-norm.ts';

describe.each(devices())('LayerNorm on %s', (device) => {
  useDevice(device);

  it('starts with scale 1 and shift 0', () => {
    const layer = new LayerNorm(3);
    expect(layer.weight).toBeCloseToTensor(ones([3]), tolerance('exact'));
    expect(layer.bias).toBeCloseToTensor(zeros([3]), tolerance('exact'));
    layer.dispose();
  });

  it('gives every row mean 0 and variance 1', () => {
    const layer = new LayerNorm(64);
    const values = [...layer.forward(randomTensor([2, 64], { seed: 1, low: 5, high: 9 })).dataSync()];
    for (const row of [values.slice(0, 64), values.slice(64)]) {
      expect(row.reduce((total, value) => total + value, 0) / 64).toBeCloseTo(0, 5);
      expect(row.reduce((total, value) => total + value * value, 0) / 64).toBeCloseTo(1, 3);
    }
    layer.dispose();
  });

  it('adds epsilon to the variance', () => {
    const layer = new LayerNorm(2, { epsilon: 3 });
    expect(layer.forward(tensor2d([[1, 3]]))).toBeCloseToTensor([[-0.5, 0.5]], tolerance('reduce', 2)); // 1 / sqrt(1 + 3)
    layer.dispose();
  });

  it('refuses sizes, options and inputs that do not fit', () => {
    expect(() => new LayerNorm(0)).toThrowCode('ARGUMENT', /features/);
    expect(() => new LayerNorm(2, { epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon/);
    const options = { eps: 1e-6 };
    expect(() => new LayerNorm(2, options as object)).toThrowCode('OPTION', /epsilon/);
    const layer = new LayerNorm(2);
    expect(() => layer.forward(ones([2, 3]))).toThrowCode('SHAPE');
    layer.dispose();
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of bags of embeddings; golden values and names are in the suite of all layers.

import { Generator, ones, sum, tensor2d, valueAndGrad, zeros } from '@nabla/core';
import { devices, useDevice } from '@nabla/testing';

import { EmbeddingBag } from './embedding-bag.ts';

const generator = (): Generator => new Generator(1);

describe.each(devices())('EmbeddingBag on %s', (device) => {
  useDevice(device);

  it.each([
    ['mean', [[2, 4], [0, 0]], [[0, 0], [0.5, 0.5], [0.5, 0.5]]], // prettier-ignore
    ['sum', [[4, 8], [0, 0]], [[0, 0], [1, 1], [1, 1]]], // prettier-ignore
    ['max', [[3, 6], [0, 0]], [[0, 0], [0, 0], [1, 1]]], // prettier-ignore
  ] as const)('of mode %s leaves padding out, and is 0 for nothing else', (mode, expected, gradient) => {
    const layer = new EmbeddingBag(3, 2, { generator: generator(), mode, paddingIndex: 0 });
    layer.weight.assign(tensor2d([[9, 9], [1, 2], [3, 6]])); // prettier-ignore
    const bags = tensor2d([[1, 2, 0], [0, 0, 0]], [2, 3], 'int32'); // prettier-ignore
    const { value, gradients } = valueAndGrad(() => sum(layer.forward(bags)), [layer.weight]);
    expect(layer.forward(bags)).toBeCloseToTensor(expected.map((row) => [...row]));
    expect(value).toBeCloseToTensor(expected.flat().reduce((a: number, b) => a + b, 0));
    expect(gradients[0]).toBeCloseToTensor(gradient.map((row) => [...row]));
    layer.dispose();
  });

  it('takes no bags, and starts the row of padding at zero', () => {
    for (const mode of ['mean', 'sum', 'max'] as const) {
      const layer = new EmbeddingBag(3, 2, { generator: generator(), mode, paddingIndex: 2 });
      expect(layer.forward(zeros([0, 4], 'int32')).shape).toEqual([0, 2]);
      expect((layer.weight.arraySync() as number[][])[2]).toEqual([0, 0]);
      layer.dispose();
    }
  });

  it('refuses sizes, options and inputs that do not fit', () => {
    const options = { generator: generator() };
    expect(() => new EmbeddingBag(0, 2, options)).toThrowCode('ARGUMENT', /vocabulary/);
    expect(() => new EmbeddingBag(2, 0, options)).toThrowCode('ARGUMENT', /features/);
    expect(() => new EmbeddingBag(2, 2, { ...options, mode: 'min' as 'max' })).toThrowCode('ARGUMENT', /mode/);
    expect(() => new EmbeddingBag(2, 2, { ...options, paddingIndex: 2 })).toThrowCode('ARGUMENT', /paddingIndex/);
    const unknown = { ...options, padding: 0 };
    expect(() => new EmbeddingBag(2, 2, unknown)).toThrowCode('OPTION', /padding/);
    const layer = new EmbeddingBag(2, 2, { ...options, mode: 'sum' });
    const bags = zeros([1, 3], 'int32');
    expect(() => layer.forward(zeros([3], 'int32'))).toThrowCode('RANK', /indices/);
    expect(() => layer.forward(zeros([1, 3]))).toThrowCode('DTYPE', /indices/);
    expect(() => layer.forward(tensor2d([[2]], [1, 1], 'int32'))).toThrowCode('DATA', /received 2/);
    expect(() => layer.forward(bags, ones([3]))).toThrowCode('SHAPE', /factors of shape \[1, 3\]/);
    expect(() => layer.forward(bags, ones([1, 3], 'int32'))).toThrowCode('DTYPE', /factors/);
    const mean = new EmbeddingBag(2, 2, options);
    expect(() => mean.forward(bags, ones([1, 3]))).toThrowCode('ARGUMENT', /factors.*mode "sum" only/);
    layer.dispose();
    mean.dispose();
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the embedding layer.

import { Generator, tensor, tensor1d, tensor2d } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { Embedding } from './embedding.ts';

describe.each(devices())('Embedding on %s', (device) => {
  useDevice(device);

  it('starts normal with mean 0 and deviation 1', () => {
    const layer = new Embedding(100, 200, { generator: new Generator(3) });
    const drawn = [...layer.weight.dataSync()];
    const mean = drawn.reduce((total, value) => total + value, 0) / drawn.length;
    const variance = drawn.reduce((total, value) => total + value * value, 0) / drawn.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
    layer.dispose();
  });

  it('looks rows up', () => {
    const layer = new Embedding(3, 2, { generator: new Generator(1) });
    layer.weight.assign(tensor2d([[1, 2], [3, 4], [5, 6]])); // prettier-ignore
    const indices = tensor([[2, 0], [0, 0]], [2, 2], 'int32'); // prettier-ignore
    expect(layer.forward(indices)).toBeCloseToTensor([[[5, 6], [1, 2]], [[1, 2], [1, 2]]], tolerance('exact')); // prettier-ignore
    layer.dispose();
  });

  it('starts the row of padding at zero, and the others as without padding', () => {
    const [padded, plain] = [{ paddingIndex: 1 }, {}].map((options) => {
      return new Embedding(3, 2, { generator: new Generator(1), ...options });
    });
    const [first, , last] = plain.weight.arraySync() as number[][];
    expect(padded.weight).toBeCloseToTensor([first, [0, 0], last]);
    padded.dispose();
    plain.dispose();
  });

  it('refuses sizes, options and indices that do not fit', () => {
    const generator = new Generator(1);
    expect(() => new Embedding(0, 2, { generator })).toThrowCode('ARGUMENT', /vocabulary/);
    expect(() => new Embedding(2, -1, { generator })).toThrowCode('ARGUMENT', /features/);
    const options = { generator, padding: 0 };
    expect(() => new Embedding(2, 2, options)).toThrowCode('OPTION', /padding/);
    expect(() => new Embedding(2, 2, { generator, paddingIndex: 2 })).toThrowCode('ARGUMENT', /paddingIndex/);
    const layer = new Embedding(3, 2, { generator });
    expect(() => layer.forward(tensor1d([3], 'int32'))).toThrowCode('DATA');
    expect(() => layer.forward(tensor1d([-1], 'int32'))).toThrowCode('DATA');
    expect(() => layer.forward(tensor1d([1]))).toThrowCode('DTYPE', /indices/);
    layer.dispose();
  });
});

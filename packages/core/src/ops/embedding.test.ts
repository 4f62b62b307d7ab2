// SPDX-License-Identifier: Apache-2.0
// Tests of embedding on every device.

import {
  checkGolden,
  checkGradient,
  devices,
  golden,
  randomIntegers,
  randomTensor,
  tolerance,
  useDevice,
} from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { dispose } from '../memory.ts';
import { type Tensor, mul, scalar, sum, tensor1d, variable, zeros } from '../tf.ts';
import { embedding, plainEmbedding } from './embedding.ts';

describe.each(devices())('embedding on %s', (device) => {
  useDevice(device);

  it.each([1, 7, 15, 16, 17, 31, 33, 100])('looks up rows of %i features', (features) => {
    const weight = randomTensor([9, features], { seed: features });
    const indices = randomIntegers([4, 3], 9, { seed: features });
    const expected = plainEmbedding(weight, indices);
    expect(embedding(weight, indices)).toBeCloseToTensor(expected, tolerance('exact'));
  });

  it('takes a scalar, no index, and a vocabulary of no features', () => {
    const weight = randomTensor([9, 5], { seed: 1 });
    expect(embedding(weight, scalar(2, 'int32')).shape).toEqual([5]);
    expect(embedding(weight, zeros([0, 3], 'int32')).shape).toEqual([0, 3, 5]);
    expect(embedding(zeros([9, 0]), tensor1d([1], 'int32')).shape).toEqual([1, 0]);
  });

  it('has the gradient of its formula', () => {
    const indices = randomIntegers([3, 7], 5, { seed: 2 });
    const f = (op: typeof embedding) => (weight: Tensor) => op(weight, indices);
    checkGradient(f(embedding), [[5, 3]], { plain: f(plainEmbedding), seed: 3 });
  });

  it('sends no gradient to the row of padding, not even NaN', () => {
    using weight = variable(randomTensor([4, 1], { seed: 1 }));
    const indices = tensor1d([0, 2, 1, 2], 'int32');
    const gradient = (op: typeof embedding, factor: number): Tensor => {
      const loss = (): Tensor => sum(mul(op(weight, indices, { paddingIndex: 2 }), factor));
      return valueAndGrad(loss, [weight]).gradients[0];
    };
    expect(gradient(plainEmbedding, 3)).toBeCloseToTensor([[3], [3], [0], [0]]);
    expect(gradient(embedding, 3)).toBeCloseToTensor([[3], [3], [0], [0]]);
    expect(gradient(embedding, NaN)).toBeCloseToTensor([[NaN], [NaN], [0], [0]]);
  });

  it.each(golden('embedding').cases)('equals PyTorch: $name', (recorded) => {
    checkGolden(recorded, ({ indices }, { weight }) => embedding(weight, indices));
  });

  it('names an index out of range and its position', () => {
    const weight = zeros([10, 4]);
    const wrong = (index: number) => () => embedding(weight, tensor1d([0, 9, index], 'int32'));
    expect(wrong(10)).toThrowCode('DATA', /^embedding: expected indices from 0 to 9, received 10 at position 2\.$/);
    expect(wrong(-1)).toThrowCode('DATA', /received -1 at position 2/);
  });

  it('refuses other shapes and element types', () => {
    const indices = tensor1d([0], 'int32');
    expect(() => embedding(zeros([4]), indices)).toThrowCode('RANK', /embedding: expected weight/);
    expect(() => embedding(zeros([4, 2], 'int32'), indices)).toThrowCode('DTYPE', /weight of dtype float32/);
    expect(() => embedding(zeros([4, 2]), zeros([1]))).toThrowCode('DTYPE', /indices of dtype int32/);
    const wrong = (paddingIndex: number) => () => embedding(zeros([4, 2]), indices, { paddingIndex });
    expect(wrong(4)).toThrowCode('ARGUMENT', /paddingIndex to be an integer >= 0 and <= 3/);
    expect(wrong(-1)).toThrowCode('ARGUMENT', /paddingIndex/);
    expect(() => embedding(zeros([4, 2]), indices, { padding: 1 } as object)).toThrowCode('OPTION', /paddingIndex/);
  });

  it('adds gradients in the same order on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const weight = variable(zeros([3, 100]));
    const indices = randomIntegers([2000], 3, { seed: 5 });
    const weights = randomTensor([2000, 100], { seed: 6 });
    const gradient = (count: number): Tensor => {
      setThreads(count);
      return valueAndGrad(() => sum(mul(embedding(weight, indices), weights)), [weight]).gradients[0];
    };
    try {
      expect(gradient(4)).toBeCloseToTensor(gradient(1), tolerance('exact'));
    } finally {
      setThreads(threads);
      dispose(weight);
    }
  });
});

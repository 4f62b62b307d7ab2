// SPDX-License-Identifier: Apache-2.0
// Tests of the losses that compare with labels: weights of classes, ignored labels, smoothing, probabilities.

import {
  logSoftmax,
  mean,
  neg,
  oneHot,
  ones,
  scalar,
  tensor1d,
  tensor2d,
  valueAndGrad,
  variable,
  zeros,
} from '@nabla/core';
import { devices, randomIntegers, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { CrossEntropyLoss, NLLLoss, crossEntropy, nllLoss } from '../index.ts';

const limit = tolerance('matmul', 8);

describe.each(devices())('losses of labels on %s', (device) => {
  useDevice(device);
  const logits = (): ReturnType<typeof randomTensor> => randomTensor([2, 3, 17], { seed: 1 });
  const labels = (): ReturnType<typeof randomIntegers> => randomIntegers([2, 3], 17, { seed: 2 });

  it.each(['mean', 'sum', 'none'] as const)('agree with each other, and with the fused one, for %s', (reduction) => {
    const [x, y] = [logits(), labels()];
    const fused = crossEntropy(x, y, { reduction });
    expect(nllLoss(logSoftmax(x), y, { reduction })).toBeCloseToTensor(fused, limit);
    expect(crossEntropy(x, y, { reduction, weight: ones([17]) })).toBeCloseToTensor(fused, limit);
    expect(crossEntropy(x, y, { reduction, ignoreIndex: -100 })).toBeCloseToTensor(fused, limit);
    const certain = oneHot(y, 17).toFloat();
    expect(crossEntropy(x, certain, { reduction: 'none' }).mean()).toBeCloseToTensor(crossEntropy(x, y), limit);
  });

  it('take one example without a batch axis', () => {
    const [x, y] = [randomTensor([5], { seed: 1 }), scalar(2, 'int32')];
    const expected = crossEntropy(x, y);
    expect(nllLoss(logSoftmax(x), y)).toBeCloseToTensor(expected, limit);
    expect(crossEntropy(x, y, { ignoreIndex: 9 })).toBeCloseToTensor(expected, limit);
    expect(crossEntropy(x, oneHot(y, 5).toFloat())).toBeCloseToTensor(expected, limit);
    expect(crossEntropy(x, y, { labelSmoothing: 1 })).toBeCloseToTensor(neg(mean(logSoftmax(x))), limit);
  });

  it('smooth labels as if they were probabilities', () => {
    const [x, y] = [logits(), labels()];
    const certain = oneHot(y, 17).toFloat();
    const options = {
      labelSmoothing: 0.3,
      reduction: 'none',
      weight: randomTensor([17], { seed: 3, low: 0 }),
    } as const;
    expect(crossEntropy(x, y, options)).toBeCloseToTensor(crossEntropy(x, certain, options), limit);
  });

  it('ignore examples whatever they hold', () => {
    const x = tensor2d([[0, 0], [-Infinity, 0]]); // prettier-ignore
    const y = tensor1d([0, -1], 'int32');
    const options = { ignoreIndex: -1 };
    expect(crossEntropy(x, y, options)).toBeCloseToTensor(Math.log(2), limit);
    expect(nllLoss(x, y, options)).toBeCloseToTensor(0);
    expect(crossEntropy(x, y, { ...options, labelSmoothing: 0.1 })).toBeCloseToTensor(Math.log(2), limit);
  });

  it('send no gradient to ignored examples', () => {
    using x = variable(zeros([2, 2]));
    const y = tensor1d([0, 5], 'int32');
    for (const labelSmoothing of [0, 0.5]) {
      const { gradients } = valueAndGrad(() => crossEntropy(x, y, { ignoreIndex: 5, labelSmoothing }), [x]);
      const push = 0.5 - labelSmoothing / 2;
      expect(gradients[0]).toBeCloseToTensor([[-push, push], [0, 0]], limit); // prettier-ignore
    }
  });

  it('are NaN as a mean over nothing, and 0 as a sum', () => {
    const [x, y] = [zeros([2, 2]), tensor1d([1, 1], 'int32')];
    for (const loss of [crossEntropy, nllLoss]) {
      expect(loss(x, y, { ignoreIndex: 1 }).dataSync()[0]).toBeNaN();
      expect(loss(x, y, { ignoreIndex: 1, reduction: 'sum' })).toBeCloseToTensor(0);
      const empty = loss(zeros([0, 2]), zeros([0], 'int32'), { ignoreIndex: 1, reduction: 'none' });
      expect(empty.shape).toEqual([0]);
    }
  });

  it('refuse labels out of range, unless they are ignored', () => {
    const [x, y] = [zeros([3, 2]), tensor1d([0, 7, 2], 'int32')];
    const message = /expected labels from 0 to 1, received 2 in row 2/;
    expect(() => nllLoss(x, y, { ignoreIndex: 7 })).toThrowCode('DATA', message);
    expect(() => crossEntropy(x, y, { ignoreIndex: 7 })).toThrowCode('DATA', message);
    expect(() => nllLoss(x, tensor1d([0, -1, 0], 'int32'))).toThrowCode('DATA', /received -1 in row 1/);
    const between = tensor1d([-100, 1, -5], 'int32');
    expect(() => crossEntropy(x, between, { ignoreIndex: -100 })).toThrowCode('DATA', /received -5 in row 2/);
  });

  it('refuse weights and targets of another shape, and ignoring with probabilities', () => {
    const [x, y] = [zeros([2, 3]), tensor1d([0, 1], 'int32')];
    for (const loss of [crossEntropy, nllLoss]) {
      expect(() => loss(x, y, { weight: ones([2]) })).toThrowCode('SHAPE', /weight of shape \[3\], received \[2\]/);
      expect(() => loss(x, y, { weight: ones([1, 3]) })).toThrowCode('RANK', /weight/);
      expect(() => loss(x, y, { weight: ones([3], 'int32') })).toThrowCode('DTYPE', /weight/);
      expect(() => loss(zeros([2, 0]), y, { ignoreIndex: 0 })).toThrowCode('SHAPE', /at least one class/);
    }
    expect(() => crossEntropy(x, zeros([2, 2]))).toThrowCode('SHAPE', /Probabilities must have the shape of logits/);
    expect(() => crossEntropy(x, x, { ignoreIndex: 1 })).toThrowCode('ARGUMENT', /ignoreIndex not to be given/);
  });

  it('save their weights as PyTorch does, and leave the caller’s alone', () => {
    const weight = tensor1d([1, 2]);
    for (const made of [new CrossEntropyLoss({ weight }), new NLLLoss({ weight })]) {
      expect(Object.keys(made.stateDict())).toEqual(['weight']);
      expect(made.parameters()).toEqual([]);
      made.dispose();
    }
    expect(weight).toBeCloseToTensor([1, 2]);
  });
});

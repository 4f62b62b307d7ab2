// SPDX-License-Identifier: Apache-2.0
// Tests of the cost of predicting a class.

import { tensor1d, tensor2d, valueAndGrad, variable, zeros } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { CrossEntropyLoss, crossEntropy } from './cross-entropy-loss.ts';

const labels = (): ReturnType<typeof tensor1d> => tensor1d([0, 1], 'int32');

describe.each(devices())('crossEntropy on %s', (device) => {
  useDevice(device);
  const logits = (): ReturnType<typeof tensor2d> => tensor2d([[0, 0], [0, Math.log(3)]]); // prettier-ignore
  const [half, threeQuarters] = [Math.log(2), Math.log(4 / 3)]; // -log of the probabilities of the labels

  it('reduces to the mean by default, to the sum, or not at all', () => {
    const limit = tolerance('reduce', 2);
    expect(crossEntropy(logits(), labels())).toBeCloseToTensor((half + threeQuarters) / 2, limit);
    expect(crossEntropy(logits(), labels(), { reduction: 'sum' })).toBeCloseToTensor(half + threeQuarters, limit);
    expect(crossEntropy(logits(), labels(), { reduction: 'none' })).toBeCloseToTensor([half, threeQuarters], limit);
    const module = new CrossEntropyLoss({ reduction: 'sum' });
    expect(module.forward(logits(), labels())).toBeCloseToTensor(half + threeQuarters, limit);
  });

  it('takes any number of batch axes', () => {
    const loss = crossEntropy(zeros([2, 3, 4]), zeros([2, 3], 'int32'), { reduction: 'none' });
    expect(loss).toBeCloseToTensor(
      [0, 1].map(() => [0, 1, 2].map(() => Math.log(4))),
      tolerance('reduce', 4),
    );
  });

  it('stays finite for extreme logits, and so does its gradient', () => {
    const extreme = tensor2d([[1e4, -1e4], [1e4, -1e4]]); // prettier-ignore
    expect(crossEntropy(extreme, labels(), { reduction: 'none' })).toBeCloseToTensor([0, 2e4]);
    using x = variable(extreme);
    const { gradients } = valueAndGrad(() => crossEntropy(x, labels(), { reduction: 'sum' }), [x]);
    expect(gradients[0]).toBeCloseToTensor([[0, 0], [1, -1]]); // prettier-ignore
  });

  it('refuses labels of another shape, element type or range, and unknown options', () => {
    expect(() => crossEntropy(logits(), tensor1d([0], 'int32'))).toThrowCode('SHAPE', /labels/);
    expect(() => crossEntropy(logits(), tensor1d([0, 1]))).toThrowCode('DTYPE', /labels/);
    expect(() => crossEntropy(logits(), tensor1d([0, 2], 'int32'))).toThrowCode('DATA');
    const [kind, name] = [{ reduction: 'average' }, { reduce: 'mean' }] as object[];
    expect(() => crossEntropy(logits(), labels(), kind)).toThrowCode('ARGUMENT', /reduction/);
    expect(() => new CrossEntropyLoss(name)).toThrowCode('OPTION', /reduction/);
    expect(() => crossEntropy(logits(), labels(), { classes: 3 })).toThrowCode('SHAPE', /\[\.\.\.batch, 3\]/);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the squared distance.

import { tensor1d, valueAndGrad, variable, zeros } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { MSELoss, mseLoss } from './mse-loss.ts';

const exact = tolerance('exact');

describe.each(devices())('mseLoss on %s', (device) => {
  useDevice(device);

  it('reduces to the mean by default, to the sum, or not at all', () => {
    const [prediction, target] = [tensor1d([1, 2]), tensor1d([2, 5])];
    expect(mseLoss(prediction, target)).toBeCloseToTensor(5, exact);
    expect(mseLoss(prediction, target, { reduction: 'sum' })).toBeCloseToTensor(10, exact);
    expect(mseLoss(prediction, target, { reduction: 'none' })).toBeCloseToTensor([1, 9], exact);
    expect(new MSELoss({ reduction: 'sum' }).forward(prediction, target)).toBeCloseToTensor(10, exact);
  });

  it('has the gradient 2 (prediction - target) / elements', () => {
    using x = variable(tensor1d([1, 2]));
    const { gradients } = valueAndGrad(() => mseLoss(x, tensor1d([2, 5])), [x]);
    expect(gradients[0]).toBeCloseToTensor([-1, -3], exact);
  });

  it('refuses a target that would only broadcast, and unknown options', () => {
    expect(() => mseLoss(zeros([3, 1]), zeros([3]))).toThrowCode('SHAPE', /target of shape \[3, 1\], received \[3\]/);
    const [kind, name] = [{ reduction: 'average' }, { reduce: 'mean' }] as object[];
    expect(() => mseLoss(zeros([1]), zeros([1]), kind)).toThrowCode('ARGUMENT', /reduction/);
    expect(() => new MSELoss(name)).toThrowCode('OPTION', /reduction/);
  });
});

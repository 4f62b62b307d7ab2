// SPDX-License-Identifier: Apache-2.0
// Tests of parameters and buffers.

import { memory, mul, sum, tensor1d, valueAndGrad, zeros } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { buffer, parameter } from './parameter.ts';

describe.each(devices())('parameter on %s', (device) => {
  useDevice(device);

  it('starts at the given tensor, which it takes over', () => {
    const { tensors } = memory();
    const initial = tensor1d([1, 2]);
    using made = parameter(initial);
    expect(made).toBeCloseToTensor([1, 2], tolerance('exact'));
    expect(initial.isDisposed).toBe(true);
    expect(memory().tensors).toBe(tensors + 1);
  });

  it('is trainable, a buffer is not', () => {
    using trained = parameter(zeros([2]));
    using saved = buffer(zeros([2]));
    expect([trained.trainable, saved.trainable]).toEqual([true, false]);
  });

  it('receives gradients', () => {
    using w = parameter(tensor1d([1, 2]));
    const { gradients } = valueAndGrad(() => sum(mul(w, tensor1d([3, 4]))), [w]);
    expect(gradients[0]).toBeCloseToTensor([3, 4], tolerance('exact'));
  });
});

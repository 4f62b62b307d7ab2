// SPDX-License-Identifier: Apache-2.0
// Tests of AdamW: options, and steps by hand; ten golden steps are in the suite of all optimizers.

import { memory, tensor1d, variable } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { AdamW } from './adamw.ts';

const limit = tolerance('transcendental');

describe.each(devices())('AdamW on %s', (device) => {
  useDevice(device);

  it('first steps by the learning rate against the sign of the gradient, however large it is', () => {
    using w = variable(tensor1d([1, 1, 1]));
    const optimizer = new AdamW([w], { learningRate: 0.25, weightDecay: 0 });
    optimizer.applyGradients([tensor1d([1e-3, -5, 1e4])]);
    expect(w).toBeCloseToTensor([0.75, 1.25, 0.75], { absolute: 1e-5, relative: 0 }); // epsilon counts at 1e-3
    optimizer.dispose();
  });

  it('averages gradients and their squares, corrected for starting at 0', () => {
    using w = variable(tensor1d([1]));
    const optimizer = new AdamW([w], { learningRate: 0.5, betas: [0.5, 0.75], epsilon: 1, weightDecay: 0 });
    optimizer.applyGradients([tensor1d([2])]);
    expect(optimizer.stateDict().tensors['firstMoment.0']).toBeCloseToTensor([1], limit);
    expect(optimizer.stateDict().tensors['secondMoment.0']).toBeCloseToTensor([1], limit);
    const after1 = 1 - (0.5 * 2) / (2 + 1); // m / (1 - 0.5) = 2, v / (1 - 0.75) = 4
    expect(w).toBeCloseToTensor([after1], limit);
    optimizer.applyGradients([tensor1d([4])]);
    const [m, v] = [0.5 * 1 + 0.5 * 4, 0.75 * 1 + 0.25 * 16];
    const after2 = after1 - (0.5 * (m / (1 - 0.5 ** 2))) / (Math.sqrt(v / (1 - 0.75 ** 2)) + 1);
    expect(w).toBeCloseToTensor([after2], limit);
    optimizer.dispose();
  });

  it('decays weights by themselves, apart from the moments', () => {
    using w = variable(tensor1d([2]));
    const optimizer = new AdamW([w], { learningRate: 0.5, weightDecay: 0.25 });
    optimizer.applyGradients([tensor1d([0])]);
    expect(w).toBeCloseToTensor([2 * (1 - 0.5 * 0.25)], limit);
    expect(optimizer.stateDict().tensors['firstMoment.0']).toBeCloseToTensor([0], tolerance('exact'));
    optimizer.dispose();
  });

  it("has PyTorch's defaults", () => {
    using w = variable(tensor1d([1]));
    const optimizers = [
      new AdamW([w]),
      new AdamW([w], { learningRate: 1e-3, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 }),
    ];
    const after = optimizers.map((optimizer) => {
      w.assign(tensor1d([1]));
      for (const gradient of [3, -1]) optimizer.applyGradients([tensor1d([gradient])]);
      optimizer.dispose();
      return w.dataSync()[0];
    });
    expect(after[0]).toBe(after[1]);
  });

  it('refuses options that do not fit, and keeps nothing then', () => {
    using w = variable(tensor1d([1]));
    const { tensors } = memory();
    const make = (options: object) => () => new AdamW([w], options);
    expect(make({ learningRate: -1 })).toThrowCode('ARGUMENT', /AdamW: expected learningRate/);
    expect(make({ betas: [1, 0.9] })).toThrowCode('ARGUMENT', /betas\[0\].*< 1/);
    expect(make({ betas: [0.9] })).toThrowCode('ARGUMENT', /betas\[1\]/);
    expect(make({ epsilon: -1e-8 })).toThrowCode('ARGUMENT', /epsilon/);
    expect(make({ weightDecay: NaN })).toThrowCode('ARGUMENT', /weightDecay/);
    expect(make({ wd: 0.1 })).toThrowCode('OPTION', /weightDecay/);
    expect(memory().tensors).toBe(tensors);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the cost of predicting yes or no.

import { tensor1d, valueAndGrad, variable, zeros } from '@nabla/core';
import { checkGradient, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { BCEWithLogitsLoss, binaryCrossEntropyWithLogits } from './bce-with-logits-loss.ts';

describe.each(devices())('binaryCrossEntropyWithLogits on %s', (device) => {
  useDevice(device);

  it('reduces to the mean by default, to the sum, or not at all', () => {
    const [logits, targets] = [tensor1d([0, Math.log(3)]), tensor1d([1, 0])];
    const [half, quarter] = [Math.log(2), Math.log(4)]; // -log of the probabilities of the targets
    const limit = tolerance('transcendental');
    expect(binaryCrossEntropyWithLogits(logits, targets)).toBeCloseToTensor((half + quarter) / 2, limit);
    const sum = new BCEWithLogitsLoss({ reduction: 'sum' });
    expect(sum.forward(logits, targets)).toBeCloseToTensor(half + quarter, limit);
    const each = binaryCrossEntropyWithLogits(logits, targets, { reduction: 'none' });
    expect(each).toBeCloseToTensor([half, quarter], limit);
  });

  it('stays finite and exact for extreme logits', () => {
    const [logits, targets] = [tensor1d([1e4, 1e4, -1e4, -1e4]), tensor1d([0, 1, 0, 1])];
    const losses = binaryCrossEntropyWithLogits(logits, targets, { reduction: 'none' });
    expect(losses).toBeCloseToTensor([1e4, 0, 0, 1e4], tolerance('exact'));
  });

  it('has the gradient sigmoid(logit) - target, at logit 0 too', () => {
    using logits = variable(tensor1d([0, 0, 0, 1e4, -1e4]));
    const targets = tensor1d([0, 1, 0.25, 0, 1]);
    const { gradients } = valueAndGrad(
      () => binaryCrossEntropyWithLogits(logits, targets, { reduction: 'sum' }),
      [logits],
    );
    expect(gradients[0]).toBeCloseToTensor([0.5, -0.5, 0.25, 1, -1]);
    const soft = randomTensor([3, 5], { seed: 2, low: 0, high: 1 });
    checkGradient((x) => binaryCrossEntropyWithLogits(x, soft), [[3, 5]], { seed: 1 });
  });

  it('refuses targets of another shape or element type, and unknown options', () => {
    const logits = zeros([3, 1]);
    expect(() => binaryCrossEntropyWithLogits(logits, zeros([3]))).toThrowCode('SHAPE', /targets/);
    expect(() => binaryCrossEntropyWithLogits(logits, zeros([3, 1], 'int32'))).toThrowCode('DTYPE', /targets/);
    const [kind, name] = [{ reduction: 'average' }, { reduce: 'mean' }] as object[];
    expect(() => binaryCrossEntropyWithLogits(logits, logits, kind)).toThrowCode('ARGUMENT', /reduction/);
    expect(() => new BCEWithLogitsLoss(name)).toThrowCode('OPTION', /reduction/);
  });
});

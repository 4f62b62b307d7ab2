// SPDX-License-Identifier: Apache-2.0
// Tests of elementwiseLoss on every device.

import { checkGradient, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { valueAndGrad } from '../autodiff.ts';
import { ELEMENTWISE_LOSSES } from '../backend/definitions/elementwise-loss.ts';
import { type Tensor, mean, square, tensor1d, variable, zeros } from '../tf.ts';
import { elementwiseLoss, plainElementwiseLoss } from './elementwise-loss.ts';

const REDUCTIONS = ['mean', 'sum', 'none'] as const;

describe.each(devices())('elementwiseLoss on %s', (device) => {
  useDevice(device);

  describe.each(ELEMENTWISE_LOSSES)('%s', (kind) => {
    it.each([1, 15, 16, 17, 1023, 1025, 5000])('equals its formula for %i elements', (count) => {
      const prediction = randomTensor([count], { seed: count, low: -4, high: 4 });
      const target = randomTensor([count], { seed: count + 1, low: 0, high: 1 });
      for (const reduction of REDUCTIONS) {
        const options = { reduction, delta: 0.7 };
        const expected = plainElementwiseLoss(kind, prediction, target, options);
        expect(elementwiseLoss(kind, prediction, target, options)).toBeCloseToTensor(
          expected,
          tolerance('reduce', count),
        );
      }
    });

    it.each(REDUCTIONS)('has the gradient of its formula by both, reduction %s', (reduction) => {
      const f =
        (op: typeof elementwiseLoss) =>
        (prediction: Tensor, target: Tensor): Tensor =>
          op(kind, prediction, target, { reduction, delta: 0.4 });
      checkGradient(f(elementwiseLoss), [[3, 7], [3, 7]], { plain: f(plainElementwiseLoss), seed: 3 }); // prettier-ignore
    });

    it('has derivatives of second order', () => {
      using x = variable(tensor1d([0.3, -1.5]));
      const target = tensor1d([0.5, 0.25]);
      const second = (op: typeof elementwiseLoss): Tensor => {
        const slope = (): Tensor => valueAndGrad(() => op(kind, x, target), [x]).gradients[0];
        return valueAndGrad(() => mean(square(slope())), [x], { allowUnused: true }).gradients[0];
      };
      expect(second(elementwiseLoss)).toBeCloseToTensor(second(plainElementwiseLoss));
    });

    it('gives NaN for NaN, and for the mean of nothing', () => {
      const [wrong, target] = [tensor1d([NaN, 1]), tensor1d([0, 1])];
      expect(elementwiseLoss(kind, wrong, target)).toBeCloseToTensor(NaN);
      using x = variable(wrong);
      const { gradients } = valueAndGrad(() => elementwiseLoss(kind, x, target, { reduction: 'sum' }), [x]);
      expect(gradients[0].dataSync()[0]).toBeNaN();
      expect(elementwiseLoss(kind, zeros([0]), zeros([0]))).toBeCloseToTensor(NaN);
      expect(elementwiseLoss(kind, zeros([0]), zeros([0]), { reduction: 'sum' })).toBeCloseToTensor(0);
      expect(elementwiseLoss(kind, zeros([0]), zeros([0]), { reduction: 'none' }).shape).toEqual([0]);
    });
  });

  it('does not overflow for large logits', () => {
    const losses = elementwiseLoss('logistic', tensor1d([500, -500]), tensor1d([0, 0]), { reduction: 'none' });
    expect(losses).toBeCloseToTensor([500, 0]);
  });

  it('has slope 0 where the absolute difference is 0', () => {
    using x = variable(tensor1d([1, 2]));
    const { gradients } = valueAndGrad(
      () => elementwiseLoss('absolute', x, tensor1d([1, 0]), { reduction: 'sum' }),
      [x],
    );
    expect(gradients[0]).toBeCloseToTensor([0, 1], tolerance('exact'));
  });

  it('refuses other shapes, element types, kinds, reductions and deltas', () => {
    const x = zeros([2, 3]);
    expect(() => elementwiseLoss('squared', x, zeros([3]))).toThrowCode('SHAPE', /target of shape \[2, 3\]/);
    expect(() => elementwiseLoss('squared', x, zeros([2, 3], 'int32'))).toThrowCode('DTYPE', /target/);
    expect(() => elementwiseLoss('cubic' as 'squared', x, x)).toThrowCode('ARGUMENT', /kind/);
    expect(() => elementwiseLoss('squared', x, x, { reduction: 'average' as 'mean' })).toThrowCode('ARGUMENT');
    expect(() => elementwiseLoss('huber', x, x, { delta: 0 })).toThrowCode('ARGUMENT', /delta/);
    expect(() => elementwiseLoss('squared', x, x, { reduce: 'mean' } as object)).toThrowCode('OPTION');
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the sum: values, gradients with broadcasting, and that it holds on to no operand.

import { checkGradient, devices, randomTensor, useDevice } from '@nabla/testing';

import { valueAndGrad } from '../autodiff.ts';
import { memory, scope } from '../memory.ts';
import { type Tensor, mul, neg, square, sum, add as tfjsAdd, tensor1d, tensor2d } from '../tf.ts';
import { add } from './add.ts';

describe.each(devices())('add on %s', (device) => {
  useDevice(device);

  it('is the sum, with broadcasting, of numbers too and of any dtype', () => {
    expect([
      ...add(
        tensor2d([
          [1, 2],
          [3, 4],
        ]),
        tensor1d([10, 20]),
      ).dataSync(),
    ]).toEqual([11, 22, 13, 24]);
    expect([...add(1, tensor1d([2, 3])).dataSync()]).toEqual([3, 4]);
    const mixed = add(tensor1d([1, 2], 'int32'), tensor1d([0.5, 1]));
    expect([mixed.dtype, ...mixed.dataSync()]).toEqual(['float32', 1.5, 3]);
  });

  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1],
      [4, 2, 3],
    ],
    [[], [3]],
  ])('has the gradient of its formula for %j and %j', (a, b) => {
    checkGradient((x: Tensor, y: Tensor) => add(x, y), [a, b], { plain: (x, y) => tfjsAdd(x, y), seed: 1 });
  });

  it('has derivatives of second order', () => {
    const x = randomTensor([3], { seed: 1 });
    const { gradients } = valueAndGrad(() => {
      const inner = valueAndGrad(() => sum(square(add(mul(x, x), x))), [x]); // x⁴ + 2x³ + x²
      return sum(inner.gradients[0] ?? x);
    }, [x]);
    const expected = [...x.dataSync()].map((v) => 12 * v ** 2 + 12 * v + 2);
    expect([...gradients[0].dataSync()].map((v, i) => Math.abs(v - expected[i]) < 1e-3)).toEqual([true, true, true]);
  });

  it('holds on to neither operand until the backward pass', () => {
    const x = randomTensor([5], { seed: 1 });
    let held = NaN;
    valueAndGrad(() => {
      const before = memory().dataBuffers;
      const result = scope(() => add(neg(x), neg(x)));
      held = memory().dataBuffers - before;
      return sum(result);
    }, [x]);
    expect(held).toBe(1); // the sum
  });
});

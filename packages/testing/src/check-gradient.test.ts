// SPDX-License-Identifier: Apache-2.0
// Tests of the gradient check: it accepts right gradients and finds wrong ones.

import {
  type Tensor,
  cast,
  customGrad,
  exp,
  gather,
  matMul,
  mul,
  relu,
  sigmoid,
  sub,
  sum,
  square,
  tanh,
} from '@nabla/core';
import { checkGradient } from './check-gradient.ts';
import { devices, useDevice } from './devices.ts';
import { randomIntegers, randomTensor } from './random-tensor.ts';
import { tolerance } from './tolerances.ts';

/** tanh whose gradient is off by the given factor. */
const crooked = (factor: number): ((x: Tensor) => Tensor) =>
  customGrad((x) => ({
    value: tanh(x as Tensor),
    gradFunc: (dy: Tensor) => mul(mul(dy, sub(1, square(tanh(x as Tensor)))), factor),
  }));

describe.each(devices())('checkGradient on %s', (device) => {
  useDevice(device);

  it('accepts the gradients of smooth functions, of several inputs and of reductions', () => {
    checkGradient(tanh, [[3, 5]], { seed: 1 });
    checkGradient(exp, [[7]], { seed: 2 });
    checkGradient(
      (a, b) => matMul(a, b),
      [
        [3, 5],
        [5, 2],
      ],
      { seed: 3 },
    );
    checkGradient((x) => sum(mul(x, sigmoid(x))), [[17]], { seed: 4 });
    checkGradient((x) => mul(x, 1000), [[]], { seed: 5 });
  });

  it('copes with kinks near an input by taking smaller steps', () => checkGradient(relu, [[40]], { seed: 6 }));

  it('leaves integer inputs alone', () => {
    const indices = randomIntegers([2, 3], 4, { seed: 7 });
    checkGradient((x, i) => gather(x, cast(i, 'int32')), [[4, 3], indices], { seed: 8 });
  });

  it('takes tensors far from 1', () => {
    checkGradient((x) => square(x), [randomTensor([5], { seed: 9, low: 100, high: 300 })], { seed: 10 });
  });

  it('finds a gradient that is half a percent off, and says where', () => {
    checkGradient(crooked(1), [[3, 5]], { seed: 11 });
    const wrong = (): void => checkGradient(crooked(1.005), [[3, 5]], { seed: 11 });
    expect(wrong).toThrow(/gradient of input 0, element \[\d, \d\] = .*: .*, but finite differences give /);
  });

  it('compares value and gradient with the plain formula', () => {
    checkGradient(crooked(1), [[3, 5]], { seed: 12, plain: tanh, tolerance: tolerance('transcendental') });
    const other = (x: Tensor): Tensor => mul(tanh(x), 1.001);
    expect(() => checkGradient(tanh, [[3]], { seed: 13, plain: other })).toThrow(/value against the plain formula/);
    expect(() => checkGradient(tanh, [[3]], { seed: 13, plain: crooked(1.001) })).toThrow(
      /gradient 0 against the plain formula/,
    );
  });
});

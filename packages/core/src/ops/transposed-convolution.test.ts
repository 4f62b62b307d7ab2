// SPDX-License-Identifier: Apache-2.0
// Tests of transposed convolutions against PyTorch, their plain formula and their gradients, and of what they refuse.

import { checkGolden, checkGradient, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { type Tensor, ones } from '../tf.ts';
import {
  type ConvTransposeOptions,
  convTranspose1d,
  convTranspose2d,
  plainConvTranspose1d,
} from './transposed-convolution.ts';

const CASES: readonly [string, number[], number[], ConvTransposeOptions][] = [
  ['defaults', [2, 5, 3], [3, 4, 3], {}],
  ['stride and output padding', [1, 4, 2], [2, 3, 3], { stride: 2, padding: 1, outputPadding: 1 }],
  ['dilation', [1, 4, 2], [2, 3, 3], { dilation: 3, padding: 2 }],
  ['groups', [2, 4, 6], [6, 2, 2], { groups: 3, stride: 2 }],
];

describe.each(devices())('transposed convolution on %s', (device) => {
  useDevice(device);

  it.each(golden('transposed_convolution').cases)('equals PyTorch: $name', (recorded) => {
    const { axes, ...options } = recorded.options;
    const run = axes === 1 ? convTranspose1d : convTranspose2d;
    checkGolden(recorded, ({ x }, { weight, bias }) => run(x, weight, bias, options));
  });

  it.each(CASES)('equals its plain formula, and has its gradient: %s', (_, x, weight, options) => {
    const bias = [weight[1] * (options.groups ?? 1)];
    const operands = [x, weight, bias].map((shape, seed) => randomTensor(shape, { seed }));
    const [input, kernel, shift] = operands;
    expect(convTranspose1d(input, kernel, shift, options)).toBeCloseToTensor(
      plainConvTranspose1d(input, kernel, shift, options),
      tolerance('matmul', x[2] * weight[2]),
    );
    const fused = (a: Tensor, b: Tensor, c: Tensor): Tensor => convTranspose1d(a, b, c, options);
    checkGradient(fused, [x, weight, bias], { seed: 4, plain: (a, b, c) => plainConvTranspose1d(a, b, c, options) });
  });
});

describe('transposed convolution', () => {
  useDevice('js');

  it('names what does not fit', () => {
    const x = ones([1, 4, 5, 2]);
    expect(() => convTranspose2d(x, ones([3, 2, 3, 3]))).toThrowCode('SHAPE', /\[batch, height, width, 3\]/);
    expect(() => convTranspose2d(x, ones([2, 2, 1, 1]), undefined, { padding: 3 })).toThrowCode('SHAPE', /\[-2, -1\]/);
    expect(() => convTranspose2d(x, ones([2, 2, 3, 3]), ones([3]))).toThrowCode('SHAPE', /bias of shape \[2\]/);
  });

  it('refuses output padding that reaches the next window', () => {
    const run = (): Tensor => convTranspose1d(ones([1, 4, 2]), ones([2, 2, 3]), undefined, { outputPadding: 1 });
    expect(run).toThrowCode('ARGUMENT', /outputPadding to be less than stride \[1\]/);
  });
});

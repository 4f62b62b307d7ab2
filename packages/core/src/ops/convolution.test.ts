// SPDX-License-Identifier: Apache-2.0
// Tests of convolutions against PyTorch, their plain formula and their gradients, and of what they refuse.

import { checkGolden, checkGradient, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { setThreads } from '../device.ts';
import { valueAndGrad } from '../autodiff.ts';
import { dispose, memory } from '../memory.ts';
import { type Tensor, engine, mul, ones, scalar, sum, variable, zeros } from '../tf.ts';
import { type ConvOptions, conv1d, conv2d, conv3d, plainConvolution } from './convolution.ts';

const convolutions: Readonly<Record<number, typeof conv2d>> = { 1: conv1d, 2: conv2d, 3: conv3d };

/** Shape of x, shape of weight, options. */
const CASES: readonly [string, number[], number[], ConvOptions][] = [
  ['one axis', [2, 9, 3], [5, 3, 3], {}],
  ['a row of the kernel is one run of memory', [2, 5, 6, 4], [3, 4, 3, 3], { padding: 1 }],
  ['one input channel', [1, 5, 6, 1], [17, 1, 3, 3], { padding: 1 }],
  [
    'stride, dilation and uneven axes',
    [1, 8, 11, 2],
    [4, 2, 3, 2],
    { stride: [2, 3], dilation: [1, 2], padding: [1, 0] },
  ],
  ['same padding of an even kernel', [1, 5, 4, 2], [3, 2, 2, 4], { padding: 'same', dilation: 2 }],
  ['1 by 1', [1, 3, 4, 17], [18, 17, 1, 1], {}],
  ['1 by 1 with stride', [2, 5, 5, 3], [4, 3, 1, 1], { stride: 2 }],
  ['groups', [2, 5, 5, 6], [9, 2, 3, 3], { groups: 3, padding: 1 }],
  ['depthwise', [1, 4, 5, 17], [17, 1, 3, 3], { groups: 17, padding: 1, stride: 2 }],
  ['depthwise, two outputs a channel', [1, 5, 5, 3], [6, 1, 3, 3], { groups: 3 }],
  ['three axes', [1, 4, 5, 3, 2], [3, 2, 2, 3, 2], { stride: [1, 2, 1], padding: [1, 1, 0] }],
  ['a stride beyond the kernel', [1, 9, 8, 3], [2, 3, 2, 2], { stride: [4, 3], padding: 1 }],
  ['stride and dilation with a common divisor', [1, 13, 11, 3], [2, 3, 3, 2], { stride: [4, 2], dilation: [2, 4] }],
  ['one output channel of many', [1, 5, 4, 35], [1, 35, 3, 3], { padding: 1 }],
  ['three output channels of many, with stride', [2, 7, 6, 21], [3, 21, 3, 3], { padding: 1, stride: 2 }],
  ['one input channel, dilated', [1, 8, 9, 1], [5, 1, 3, 3], { padding: 2, dilation: 2 }],
  ['few channels and padding on one side only', [1, 4, 5, 3], [33, 3, 2, 2], { padding: 'same' }],
  ['more positions than a block of patches', [2, 9, 9, 2], [3, 2, 3, 3], { padding: 1 }],
];

/** Too large for finite differences of every element. */
const LARGE_CASES: typeof CASES = [
  ['more input channels than a piece of the weights', [1, 4, 3, 130], [70, 130, 3, 3], { padding: 1 }],
  ['weights that are packed by each task', [1, 3, 2, 601], [449, 601, 1, 1], {}],
  ['groups of odd sizes', [1, 6, 5, 34], [38, 17, 2, 3], { groups: 2, padding: 1, stride: 2 }],
  ['lines longer than a chunk of positions', [1, 1000, 2], [3, 2, 5], { padding: 2 }],
  ['several shares of the positions', [3, 31, 29, 2], [5, 2, 3, 3], { padding: 1 }],
];

describe.each(devices())('convolution on %s', (device) => {
  useDevice(device);

  it.each(golden('convolution').cases)('equals PyTorch: $name', (recorded) => {
    const { stride, padding, dilation, groups, axes } = recorded.options;
    checkGolden(recorded, ({ x }, { weight, bias }) =>
      convolutions[axes](x, weight, bias, { stride, padding, dilation, groups }),
    );
  });

  it.each([...CASES, ...LARGE_CASES])('equals its plain formula: %s', (_, x, weight, options) => {
    const [input, kernel] = [randomTensor(x, { seed: 1 }), randomTensor(weight, { seed: 2 })];
    const bias = randomTensor([weight[0]], { seed: 3 });
    const convolution = convolutions[x.length - 2];
    const limit = tolerance(
      'matmul',
      weight.slice(1).reduce((a, b) => a * b, 1),
    );
    expect(convolution(input, kernel, bias, options)).toBeCloseToTensor(
      plainConvolution(input, kernel, bias, options),
      limit,
    );
    expect(convolution(input, kernel, undefined, { ...options, activation: 'silu' })).toBeCloseToTensor(
      plainConvolution(input, kernel, undefined, { ...options, activation: 'silu' }),
      limit,
    );
  });

  it.each(CASES)('has the gradient of its formula: %s', (_, x, weight, options) => {
    const convolution = convolutions[x.length - 2];
    const fused = (a: Tensor, b: Tensor, c: Tensor): Tensor => convolution(a, b, c, options);
    checkGradient(fused, [x, weight, [weight[0]]], { seed: 4, plain: (a, b, c) => plainConvolution(a, b, c, options) });
  });

  it.each(LARGE_CASES)('has the gradient of its plain formula: %s', (_, x, weight, options) => {
    const parameters = [variable(randomTensor(x, { seed: 1 })), variable(randomTensor(weight, { seed: 2 }))];
    const gradients = (convolution: typeof conv2d | typeof plainConvolution): Tensor[] => {
      const loss = (): Tensor => {
        const out = convolution(parameters[0], parameters[1], undefined, options);
        return sum(mul(out, randomTensor(out.shape, { seed: 3 })));
      };
      return valueAndGrad(loss, parameters).gradients;
    };
    const expected = gradients(plainConvolution);
    gradients(convolutions[x.length - 2]).forEach((gradient, i) => {
      expect(gradient).toBeCloseToTensor(expected[i], tolerance('matmul', 3000));
    });
    dispose(parameters);
  });

  it('has the gradient of its activation', () => {
    for (const activation of ['relu', 'gelu'] as const) {
      const options = { activation, padding: 1 };
      const fused = (a: Tensor, b: Tensor, c: Tensor): Tensor => conv2d(a, b, c, options);
      checkGradient(fused, [[1, 4, 4, 2], [3, 2, 3, 3], [3]], {
        seed: 4,
        plain: (a, b, c) => plainConvolution(a, b, c, options),
      });
    }
  });

  it('passes NaN to the positions whose window covers it, and to no other', () => {
    const x = ones([1, 3, 3, 1]).arraySync() as number[][][][];
    x[0][0][0][0] = NaN;
    const out = conv2d(ones([1, 3, 3, 1]).mul(x), ones([1, 1, 2, 2])).dataSync();
    expect([...out].map(Number.isNaN)).toEqual([true, false, false, false]);
  });

  it('gives nothing for an empty batch, and gradients of zero', () => {
    const weight = randomTensor([2, 1, 3, 3], { seed: 1 });
    const x = zeros([0, 5, 5, 1]);
    expect(conv2d(x, weight).shape).toEqual([0, 3, 3, 2]);
    const { gradients } = valueAndGrad(() => sum(conv2d(x, weight)), [weight]);
    expect(gradients[0]).toBeCloseToTensor(zeros([2, 1, 3, 3]), tolerance('exact'));
  });

  it('computes the gradient of its input only where somebody asks for it', async () => {
    const [x, weight] = [variable(ones([1, 4, 4, 1])), variable(ones([2, 1, 3, 3]))];
    const kernelsFor = async (parameters: Tensor[]): Promise<string[]> => {
      const { kernelNames } = await engine().profile(() => {
        const { value, gradients } = valueAndGrad(() => sum(conv2d(x, weight)), parameters);
        dispose(value, gradients);
        return scalar(0);
      });
      return kernelNames;
    };
    expect(await kernelsFor([weight])).not.toContain('NablaConvolutionGradX');
    expect(await kernelsFor([x])).not.toContain('NablaConvolutionGradWeight');
    dispose(x, weight);
  });

  it('gives the same bits on one thread and on four', () => {
    const [x, weight] = [randomTensor([9, 14, 14, 8], { seed: 1 }), randomTensor([24, 8, 3, 3], { seed: 2 })];
    const results = [1, 4].map((threads) => {
      setThreads(threads);
      const { gradients } = valueAndGrad(() => sum(conv2d(x, weight, undefined, { padding: 1 }).square()), [x, weight]);
      return gradients.map((gradient) => gradient.dataSync());
    });
    setThreads(1);
    expect(results[1]).toEqual(results[0]);
  });
});

describe('convolution', () => {
  useDevice('js');
  const x = ones([1, 4, 5, 2]);
  const weight = ones([4, 2, 3, 3]);

  it('says that channels come last when they are where PyTorch has them', () => {
    const run = (): Tensor => conv2d(ones([1, 3, 32, 32]), ones([8, 3, 3, 3]));
    expect(run).toThrowCode(
      'SHAPE',
      /expected x of shape \[batch, height, width, 3\], received \[1, 3, 32, 32\].*transpose\(x, \[0, 2, 3, 1\]\)/,
    );
  });

  it('names what does not fit', () => {
    expect(() => conv2d(x, ones([4, 3, 3, 3]))).toThrowCode('SHAPE', /\[batch, height, width, 3\].*\[1, 4, 5, 2\]/);
    expect(() => conv2d(x, ones([4, 2, 5, 3]))).toThrowCode('SHAPE', /kernel covers \[5, 3\]/);
    expect(() => conv2d(x, weight, ones([3]))).toThrowCode('SHAPE', /bias of shape \[4\]/);
    expect(() => conv2d(ones([4, 5, 2]), weight)).toThrowCode('RANK');
    expect(() => conv2d(x.toInt(), weight)).toThrowCode('DTYPE');
    expect(() => conv2d(x, ones([4, 1, 3, 3]), undefined, { groups: 3 })).toThrowCode('ARGUMENT', /groups to divide/);
  });

  it.each([
    ['none', 3], // the result, x, weight
    ['relu', 4], // and the output
    ['gelu', 4], // and what went into the activation
  ] as const)('with activation %s keeps no more than its gradient needs', (activation, expected) => {
    using parameter = variable(weight);
    let made = 0;
    const loss = (): Tensor => {
      const before = memory().tensors;
      const out = conv2d(x, parameter, undefined, { activation });
      made = memory().tensors - before;
      return sum(out);
    };
    dispose(valueAndGrad(loss, [parameter]));
    expect(made).toBe(expected);
  });

  it.each<[string, ConvOptions, RegExp]>([
    ['a stride of 0', { stride: 0 }, /stride/],
    ['two strides for one axis', { stride: [1, 2, 3] }, /a list of 3/],
    ['same padding with a stride', { padding: 'same', stride: 2 }, /stride to be 1 where padding is "same"/],
    ['another word for padding', { padding: 'full' as 'same' }, /"full"/],
    ['an unknown activation', { activation: 'reluu' as 'relu' }, /reluu/],
  ])('refuses %s', (_, options, message) => {
    expect(() => conv2d(x, weight, undefined, options)).toThrow(message);
  });
});

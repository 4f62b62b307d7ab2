// SPDX-License-Identifier: Apache-2.0
// tfjs' own convolutions and their gradients against the plain formula of ours, on every device.

import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { grads } from '../../grad.ts';
import type { ConvOptions } from '../../ops/convolution.ts';
import { plainConvolution } from '../../ops/convolution.ts';
import {
  type Tensor,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  add,
  conv2d,
  conv2dTranspose,
  conv3d,
  depthwiseConv2d,
  elu,
  fused,
  leakyRelu,
  matMul,
  mul,
  prelu,
  relu6,
  reshape,
  slice,
  sum,
  transpose,
} from '../../tf.ts';

type Convolution = (x: Tensor, filter: Tensor) => Tensor;

/** Expects the values and both gradients of a weighted sum of them to be those of `expected`. */
function expectSame(actual: Convolution, expected: Convolution, x: Tensor, filter: Tensor): void {
  const limit = tolerance('matmul', 400);
  const out = expected(x, filter);
  expect(actual(x, filter)).toBeCloseToTensor(out, limit);
  const weights = randomTensor(out.shape, { seed: 9 });
  const gradients = (f: Convolution): Tensor[] =>
    grads((a: Tensor, b: Tensor) => sum(mul(f(a, b), weights)))([x, filter]);
  const [gradX, gradFilter] = gradients(expected);
  const [actualX, actualFilter] = gradients(actual);
  expect(actualX).toBeCloseToTensor(gradX, limit);
  expect(actualFilter).toBeCloseToTensor(gradFilter, limit);
}

/** Our plain formula, of a filter as tfjs has it. */
function plain(options: ConvOptions): Convolution {
  return (x, filter) => {
    const axes = filter.shape.map((_, axis) => axis);
    return plainConvolution(
      x,
      transpose(filter, [...axes.slice(-2).reverse(), ...axes.slice(0, -2)]),
      undefined,
      options,
    );
  };
}

function plainDepthwise(options: ConvOptions): Convolution {
  return (x, filter) => {
    const [height, width, channels, outputs] = filter.shape;
    const weight = reshape(transpose(filter, [2, 3, 0, 1]), [channels * outputs, 1, height, width]);
    return plainConvolution(x, weight, undefined, { ...options, groups: channels });
  };
}

describe.each(devices())("tfjs' convolutions on %s", (device) => {
  useDevice(device);

  it.each([
    ['3 by 2', [2, 7, 6, 5], [3, 2, 5, 17], [1, 1], 'valid'],
    ['stride and padding', [1, 9, 8, 3], [3, 3, 3, 4], [2, 2], 1],
    ['a stride beyond the kernel', [1, 7, 7, 2], [1, 2, 2, 3], [3, 3], 'valid'],
    ['1 by 1, one channel', [2, 4, 3, 1], [1, 1, 1, 1], [1, 1], 'valid'],
    ['many channels to few', [1, 5, 4, 37], [3, 3, 37, 2], [1, 1], 1],
  ] as const)('of images are ours: %s', (_, x, filter, strides, padding) => {
    const convolution: Convolution = (a, b) => {
      return conv2d(
        a as Tensor4D,
        b as Tensor4D,
        [...strides],
        padding,
        'NHWC',
        1,
        padding === 'valid' ? undefined : 'floor',
      );
    };
    const expected = plain({ stride: strides, padding: padding === 'valid' ? 0 : padding });
    expectSame(convolution, expected, randomTensor(x, { seed: 1 }), randomTensor(filter, { seed: 2 }));
  });

  it('dilate the filter', () => {
    const [x, filter] = [randomTensor([1, 9, 8, 3], { seed: 1 }), randomTensor([3, 2, 3, 5], { seed: 2 })];
    const out = conv2d(x as Tensor4D, filter as Tensor4D, 1, 'valid', 'NHWC', [2, 3]);
    expect(out).toBeCloseToTensor(plain({ dilation: [2, 3] })(x, filter), tolerance('matmul', 18));
    const apart = randomTensor([2, 3, 3, 2], { seed: 3 });
    expect(depthwiseConv2d(x as Tensor4D, apart as Tensor4D, 1, 'valid', 'NHWC', [3, 2])).toBeCloseToTensor(
      plainDepthwise({ dilation: [3, 2] })(x, apart),
      tolerance('matmul', 6),
    );
  });

  it('pad unevenly where the size of the result asks for it', () => {
    const [x, filter] = [randomTensor([1, 5, 4, 3], { seed: 1 }), randomTensor([2, 4, 3, 5], { seed: 2 })];
    const convolution: Convolution = (a, b) => conv2d(a as Tensor4D, b as Tensor4D, 1, 'same');
    expectSame(convolution, plain({ padding: 'same' }), x, filter);
  });

  it.each([
    ['one output a channel', [2, 6, 5, 19], [3, 3, 19, 1], 1],
    ['two outputs a channel', [1, 6, 7, 3], [2, 3, 3, 2], 2],
  ] as const)('of every channel apart are ours: %s', (_, x, filter, stride) => {
    const convolution: Convolution = (a, b) => depthwiseConv2d(a as Tensor4D, b as Tensor4D, stride, 'valid');
    const expected = plainDepthwise({ stride });
    expectSame(convolution, expected, randomTensor(x, { seed: 1 }), randomTensor(filter, { seed: 2 }));
  });

  it('of volumes are ours', () => {
    const [x, filter] = [randomTensor([2, 4, 5, 3, 3], { seed: 1 }), randomTensor([2, 3, 1, 3, 5], { seed: 2 })];
    const convolution: Convolution = (a, b) => conv3d(a as Tensor5D, b as Tensor5D, [1, 2, 1], 'valid');
    expectSame(convolution, plain({ stride: [1, 2, 1] }), x, filter);
  });

  it('apply bias and activation', () => {
    const [x, filter] = [randomTensor([1, 4, 5, 3], { seed: 1 }), randomTensor([3, 3, 3, 18], { seed: 2 })];
    const bias = randomTensor([18], { seed: 3 });
    const weight = transpose(filter, [3, 2, 0, 1]);
    for (const activation of ['relu', 'sigmoid'] as const) {
      const call = { x: x as Tensor3D, filter: filter as Tensor4D, strides: 1, pad: 0, bias, activation } as const;
      expect(fused.conv2d(call)).toBeCloseToTensor(
        plainConvolution(x, weight, bias, { activation }),
        tolerance('matmul', 27),
      );
    }
    const own = randomTensor([3, 3, 3, 1], { seed: 4 });
    const call = { x: x as Tensor3D, filter: own as Tensor4D, strides: 1, pad: 0, activation: 'relu6' } as const;
    const expected = plainDepthwise({ activation: 'relu' })(x, own); // which stays below 6
    expect(fused.depthwiseConv2d(call)).toBeCloseToTensor(expected, tolerance('matmul', 9));
  });

  it.each(['relu6', 'elu', 'leakyrelu', 'prelu'] as const)('apply %s', (activation) => {
    const [x, filter] = [randomTensor([1, 4, 5, 3], { seed: 1 }), randomTensor([3, 3, 3, 18], { seed: 2 })];
    const [bias, slopes] = [randomTensor([18], { seed: 3 }), randomTensor([1, 1, 18], { seed: 5 })];
    const apply = (out: Tensor): Tensor => {
      if (activation === 'prelu') return prelu(out, slopes);
      return { relu6, elu, leakyrelu: (y: Tensor) => leakyRelu(y, 0.3) }[activation](out);
    };
    const more = { strides: 1, pad: 0, activation, leakyreluAlpha: 0.3, preluActivationWeights: slopes } as const;
    const call = { x: mul<Tensor4D>(x, 4), filter: filter as Tensor4D, bias, ...more };
    const weight = transpose(filter, [3, 2, 0, 1]);
    expect(fused.conv2d(call)).toBeCloseToTensor(
      apply(plainConvolution(call.x, weight, bias)),
      tolerance('matmul', 27),
    );
    const apart = reshape(filter, [3, 3, 3, 18]).slice([0, 0, 0, 0], [3, 3, 3, 6]);
    const wide = randomTensor([18], { seed: 6 });
    const own = { ...call, filter: apart as Tensor4D, bias: wide };
    const expected = apply(add(plainDepthwise({})(call.x, apart), wide));
    expect(fused.depthwiseConv2d(own)).toBeCloseToTensor(expected, tolerance('matmul', 9));
    const [a, b] = [randomTensor([2, 5, 7], { seed: 7 }), randomTensor([2, 7, 18], { seed: 8 })];
    const product = fused.matMul({ a, b, bias, activation, leakyreluAlpha: 0.3, preluActivationWeights: slopes });
    expect(product).toBeCloseToTensor(apply(add(matMul(a, b), bias)), tolerance('matmul', 7));
  });

  it('take channels before positions, and are transposed', () => {
    const [x, filter] = [randomTensor([1, 5, 4, 3], { seed: 1 }), randomTensor([2, 2, 3, 2], { seed: 2 })];
    const first = conv2d(transpose(x, [0, 3, 1, 2]) as Tensor4D, filter as Tensor4D, 1, 'valid', 'NCHW');
    expect(transpose(first, [0, 2, 3, 1])).toBeCloseToTensor(plain({})(x, filter), tolerance('matmul', 12));
    const out = plain({})(x, filter) as Tensor4D;
    const back = conv2dTranspose(out, filter as Tensor4D, [1, 5, 4, 3], 1, 'valid');
    const [expected] = grads((a: Tensor) => sum(mul(plain({})(a, filter), out)))([x]);
    expect(back).toBeCloseToTensor(expected, tolerance('matmul', 100));
  });

  it('take no examples', () => {
    const filter = randomTensor([2, 2, 3, 4], { seed: 2 }) as Tensor4D;
    expect(conv2d(randomTensor([0, 4, 4, 3], { seed: 1 }) as Tensor4D, filter, 1, 'valid').shape).toEqual([0, 3, 3, 4]);
  });

  it('uses a part of a gradient that is larger than the output, as tfjs does', () => {
    const [gradOut, filter] = [randomTensor([1, 4, 4, 2], { seed: 1 }), randomTensor([2, 2, 3, 2], { seed: 2 })];
    const run = (dy: Tensor): Tensor => conv2dTranspose(dy as Tensor4D, filter as Tensor4D, [1, 2, 2, 3], 1, 'same');
    expect(run(gradOut)).toBeCloseToTensor(run(slice(gradOut, [0, 0, 0, 0], [1, 2, 2, 2])));
  });
});

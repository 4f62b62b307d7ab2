// SPDX-License-Identifier: Apache-2.0
// Second derivatives of every op of ours that has a gradient, against finite differences of the first on every device.

import { checkSecondDerivative, devices, randomMask, randomTensor, useDevice } from '@nabla/testing';
import { ELEMENTWISE_LOSSES } from '../backend/definitions/elementwise-loss.ts';
import { ACTIVATIONS } from '../backend/definitions/activation.ts';
import { Generator } from '../random.ts';
import { type Tensor, type Variable, profile, square, tensor, variable } from '../tf.ts';
import {
  adaptiveAveragePool2d,
  adaptiveMaxPool2d,
  averagePool2d,
  batchNorm,
  conv1d,
  conv2d,
  convTranspose2d,
  ctcLoss,
  dropout,
  elementwiseLoss,
  embedding,
  gelu,
  groupNorm,
  gru,
  instanceNorm,
  layerNorm,
  linear,
  lstm,
  maxPool2d,
  padSpatial,
  rmsNorm,
  rnn,
  scaledDotProductAttention,
  selfAttention,
  softmaxCrossEntropy,
  upsample,
} from './index.ts';
import { kernelsWithGradient } from './run.ts';

type Case = readonly [f: (...inputs: Tensor[]) => Tensor, ...inputs: (readonly number[])[]];

const integers = (values: number[]): Tensor => tensor(values, [values.length], 'int32');

const running = (seed: number, low: number): Variable => variable(randomTensor([3], { seed, low, high: 2 }), false);

const CASES: Readonly<Record<string, readonly Case[]>> = {
  NablaAttention: [
    [(q, k, v) => scaledDotProductAttention(q, k, v, { causal: true }), [1, 2, 3, 2], [1, 1, 3, 2], [1, 1, 3, 3]],
    [(q, k, v, mask) => scaledDotProductAttention(q, k, v, { mask }), [1, 2, 2, 2], [1, 2, 3, 2], [1, 2, 3, 1], [2, 3]],
    [(x) => scaledDotProductAttention(x, x, x, { mask: randomMask([3, 3], { seed: 4 }), scale: 0.3 }), [1, 1, 3, 2]],
    [(x) => scaledDotProductAttention(x, square(x), x, { dropout: 0.4, generator: new Generator(3) }), [1, 1, 3, 2]],
  ],
  NablaAveragePool: [
    [(x) => averagePool2d(x, 3, { stride: 2, padding: 1, countIncludePad: false }), [1, 4, 5, 2]],
    [(x) => adaptiveAveragePool2d(x, 2), [1, 3, 5, 2]],
  ],
  NablaConvolution: [
    ...ACTIVATIONS.map((activation): Case => [
      (x, weight, bias) => conv1d(x, weight, bias, { activation, padding: 1 }),
      [1, 4, 2],
      [3, 2, 3],
      [3],
    ]),
    [
      (x, weight) => conv2d(x, weight, undefined, { groups: 2, stride: 2, dilation: 2, padding: 1 }),
      [1, 5, 4, 4],
      [4, 2, 2, 2],
    ],
  ],
  NablaConvolutionGradX: [
    [(x, weight, bias) => convTranspose2d(x, weight, bias, { stride: 2, padding: 1 }), [1, 3, 2, 2], [2, 3, 3, 2], [3]],
  ],
  NablaDropout: [[(x) => dropout(x, { generator: new Generator(3) }), [3, 5]]],
  NablaElementwiseLoss: ELEMENTWISE_LOSSES.map((kind): Case => [
    (x, target) => elementwiseLoss(kind, x, target, { delta: 0.6 }),
    [2, 3],
    [2, 3],
  ]),
  NablaEmbedding: [[(weight) => embedding(weight, integers([1, 0, 1, 2]), { paddingIndex: 2 }), [3, 2]]],
  NablaGelu: [
    [(x) => gelu(x), [3, 5]],
    [(x) => gelu(x, { approximate: 'tanh' }), [3, 5]],
  ],
  NablaGroupNorm: [
    [(x, weight, bias) => groupNorm(x, 2, weight, bias), [2, 3, 4], [4], [4]],
    [(x) => groupNorm(x, 2), [2, 3, 4]],
    [(x) => instanceNorm(x), [2, 3, 2]],
    [(x, weight, bias) => batchNorm(x, weight, bias, { training: true }), [2, 2, 3], [3], [3]],
  ],
  NablaLayerNorm: [
    [(x, weight, bias) => layerNorm(x, weight, bias), [2, 4], [4], [4]],
    [(x) => layerNorm(x, square(x), x), [4]],
  ],
  NablaLinear: [
    ...ACTIVATIONS.map((activation): Case => [
      (x, weight, bias) => linear(x, weight, bias, { activation }),
      [2, 3],
      [4, 3],
      [4],
    ]),
    [(x, weight) => linear(x, weight, undefined, { activation: 'silu', inputsFirst: true }), [2, 3], [3, 4]],
  ],
  NablaMaxPool: [
    [(x) => maxPool2d(x, 3, { stride: 2, padding: 1 }), [1, 4, 5, 2]],
    [(x) => adaptiveMaxPool2d(x, 2), [1, 3, 5, 2]],
  ],
  NablaNormalize: [
    [
      (x, weight, bias) => {
        using runningMean = running(1, -2);
        using runningVariance = running(2, 0.5);
        return batchNorm(x, weight, bias, { runningMean, runningVariance });
      },
      [2, 3],
      [3],
      [3],
    ],
  ],
  NablaRecurrent: [
    [(x, ih, hh) => rnn(x, { weight_ih: ih, weight_hh: hh }).output, [2, 3, 2], [2, 2], [2, 2]],
    [
      (x, ih, hh, bias_ih, bias_hh, hidden, cell) => {
        const weights = { weight_ih: ih, weight_hh: hh, bias_ih, bias_hh };
        return lstm(x, weights, { state: { hidden, cell }, lengths: [3, 2] }).output;
      },
      [2, 3, 1],
      [8, 1],
      [8, 2],
      [8],
      [8],
      [2, 2],
      [2, 2],
    ],
    [
      (x, ih, hh, bias_ih, bias_hh) =>
        gru(x, { weight_ih: ih, weight_hh: hh, bias_ih, bias_hh }, { reverse: true }).state,
      [2, 3, 1],
      [6, 1],
      [6, 2],
      [6],
      [6],
    ],
  ],
  NablaResample: [
    [(x) => padSpatial(x, 1, { mode: 'reflect' }), [1, 3, 4, 2]],
    [(x) => upsample(x, { scaleFactor: 2, mode: 'bilinear' }), [1, 3, 2, 2]],
  ],
  NablaRmsNorm: [[(x, weight) => rmsNorm(x, weight), [2, 4], [4]]],
  NablaSelfAttention: [
    [(x) => selfAttention(x, 2, { causal: true }), [1, 3, 12]],
    [
      (x) => selfAttention(x, 1, { mask: randomMask([3, 3], { seed: 4 }), dropout: 0.3, generator: new Generator(1) }),
      [1, 3, 6],
    ],
  ],
  NablaSoftmaxCrossEntropy: [
    [(logits) => softmaxCrossEntropy(logits, integers([1, 0, 2])), [3, 4]],
    [(logits) => softmaxCrossEntropy(logits, integers([1, 0, 2]), { reduction: 'none' }), [3, 4]],
  ],
};

// Ops without a second derivative, by reason.
const NONE: Readonly<Record<string, Case>> = {
  // the formula adds up the paths one by one, of which there are too many
  NablaCtcLoss: [(x) => ctcLoss(x, tensor([1], [1, 1], 'int32'), integers([2]), integers([1])), [1, 2, 2]],
};

const rows = Object.entries(CASES).flatMap(([kernelName, cases]) =>
  cases.map((row, i) => [kernelName, i, row] as const),
);

describe.each(devices())('the second derivative, on %s, of', (device) => {
  useDevice(device);

  it.each(rows)('%s, case %i', (_, i, [f, ...inputs]) => {
    checkSecondDerivative(f, inputs, { seed: 1 + i });
  });
});

describe('the table of second derivatives', () => {
  useDevice('js');

  it.each(rows)('has %s in case %i', async (kernelName, i, [f, ...inputs]) => {
    const { kernelNames } = await profile(() => f(...inputs.map((input) => randomTensor(input, { seed: i }))));
    expect(kernelNames).toContain(kernelName);
  });

  it.each(Object.entries(NONE))('has none of %s', (_, [f, ...inputs]) => {
    expect(() => checkSecondDerivative(f, inputs, { seed: 1 })).toThrowCode('NO_GRADIENT', /second order/);
  });

  it('leaves no op out', () => {
    const gradients = /Grad(Weight)?$/; // run by the second derivatives of their ops
    const expected = kernelsWithGradient().filter((name) => !gradients.test(name));
    expect([...Object.keys(CASES), ...Object.keys(NONE)].sort()).toEqual(expected.sort());
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the losses where their formulas break: equal values, certain predictions, extreme logits, options out of range.

import { type Tensor, scalar, tensor1d, tensor2d, valueAndGrad, variable, zeros } from '@nabla/core';
import { checkGradient, devices, tolerance, useDevice } from '@nabla/testing';

import * as layers from '../index.ts';

/** Loss and gradient of each element. */
function elements(loss: (x: Tensor) => Tensor, values: readonly number[]): { losses: Tensor; gradient: Tensor } {
  using x = variable(tensor1d([...values]));
  const losses = loss(x);
  return { losses, gradient: valueAndGrad(() => loss(x).sum(), [x]).gradients[0] };
}

describe.each(devices())('losses at the edges on %s', (device) => {
  useDevice(device);

  it('distances have gradient 0 where prediction and target are equal', () => {
    const target = tensor1d([1, -2]);
    for (const loss of [layers.l1Loss, layers.huberLoss, layers.smoothL1Loss]) {
      const { losses, gradient } = elements((x) => loss(x, target, { reduction: 'none' }), [1, -2]);
      expect(losses).toBeCloseToTensor([0, 0]);
      expect(gradient).toBeCloseToTensor([0, 0]);
    }
  });

  it('Huber counts outliers by their distance only', () => {
    const loss = (x: Tensor): Tensor => layers.huberLoss(x, zeros([4]), { reduction: 'none', delta: 2 });
    const { losses, gradient } = elements(loss, [1, -2, 100, -100]);
    expect(losses).toBeCloseToTensor([0.5, 2, 198, 198]);
    expect(gradient).toBeCloseToTensor([1, -2, 2, -2]);
  });

  it('binary cross-entropy of certain predictions is at most 100, and has a gradient', () => {
    const target = tensor1d([0, 1, 0, 1]);
    const loss = (x: Tensor): Tensor => layers.binaryCrossEntropy(x, target, { reduction: 'none' });
    const { losses, gradient } = elements(loss, [0, 1, 1, 0]);
    expect(losses).toBeCloseToTensor([0, 0, 100, 100]);
    expect(gradient).toBeCloseToTensor([0, 0, 1e12, -1e12], tolerance('elementwise'));
  });

  it.each([0, 0.5, 1, 2])('the focal loss with gamma %d is finite for extreme logits', (gamma) => {
    const target = tensor1d([0, 1, 0, 1]);
    const loss = (x: Tensor): Tensor => layers.sigmoidFocalLoss(x, target, { gamma, alpha: null, reduction: 'none' });
    const { losses, gradient } = elements(loss, [100, 100, -100, -100]);
    expect(losses).toBeCloseToTensor([100, 0, 0, 100], tolerance('transcendental'));
    expect(gradient).toBeCloseToTensor([1, 0, 0, -1], tolerance('transcendental'));
  });

  it('a divergence takes probabilities of 0', () => {
    const target = tensor1d([0, 1]);
    const { losses, gradient } = elements((x) => layers.klDivLoss(x, target, { reduction: 'none' }), [-3, -3]);
    expect(losses).toBeCloseToTensor([0, 3]);
    expect(gradient).toBeCloseToTensor([0, -1]);
  });

  it('a cosine of zeros has a gradient', () => {
    using a = variable(zeros([1, 2]));
    const loss = (): Tensor => layers.cosineEmbeddingLoss(a, tensor2d([[1, 0]]), tensor1d([1]));
    const { value, gradients } = valueAndGrad(loss, [a]);
    expect(value).toBeCloseToTensor(1);
    expect(gradients[0]).toBeCloseToTensor([[-1e6, 0]], tolerance('elementwise'));
  });

  it('learns the temperature of a contrastive loss', () => {
    const temperature = scalar(0.5);
    const [a, b] = [tensor2d([[1, 0], [0.5, 1]]), tensor2d([[1, 0.25], [0, 1]])]; // prettier-ignore
    checkGradient((t) => layers.infoNceLoss(a, b, { temperature: t, symmetric: true }), [temperature], { seed: 1 });
    expect(() => layers.infoNceLoss(a, b, { temperature: zeros([1]) })).toThrowCode('SHAPE', /temperature/);
  });

  it('sums over nothing are 0', () => {
    const none = zeros([0, 3]);
    const losses = [layers.l1Loss, layers.huberLoss, layers.poissonNllLoss, layers.sigmoidFocalLoss];
    for (const loss of losses) {
      expect(loss(none, none, { reduction: 'sum' })).toBeCloseToTensor(0);
    }
  });

  it('refuse a negative variance, and one of another shape', () => {
    const [x, variance] = [zeros([2, 3]), tensor2d([[1, 1, -1], [1, 1, 1]])]; // prettier-ignore
    expect(() => layers.gaussianNllLoss(x, x, variance)).toThrowCode('DATA', /variance to be >= 0/);
    expect(() => layers.gaussianNllLoss(x, x, zeros([3]))).toThrowCode('SHAPE', /\[2, 3\] or \[2, 1\]/);
  });

  it('refuse weights that do not broadcast', () => {
    const x = zeros([2, 3]);
    expect(() => layers.binaryCrossEntropy(x, x, { weight: zeros([2]) })).toThrowCode('BROADCAST', /weight/);
    expect(() => layers.binaryCrossEntropy(x, x, { weight: zeros([1, 2, 3]) })).toThrowCode('BROADCAST', /weight/);
    const wrong = { positiveWeight: zeros([4]) };
    expect(() => layers.binaryCrossEntropyWithLogits(x, x, wrong)).toThrowCode('BROADCAST', /positiveWeight/);
  });

  it('refuse an axis too few', () => {
    const x = scalar(1);
    expect(() => layers.klDivLoss(x, x, { reduction: 'batchMean' })).toThrowCode('RANK', /logPrediction/);
    expect(() => layers.cosineEmbeddingLoss(x, x, x)).toThrowCode('RANK', /expected a/);
    expect(() => layers.tripletMarginLoss(x, x, x)).toThrowCode('RANK', /expected a/);
    expect(() => layers.infoNceLoss(zeros([2]), zeros([2]))).toThrowCode('RANK', /queries/);
  });
});

it.each<[string, () => layers.Module]>([
  ['blank', () => new layers.CTCLoss({ blank: -1 })],
  ['reduction', () => new layers.CTCLoss({ reduction: 'average' as 'mean' })],
  ['zeroInfinity', () => new layers.CTCLoss({ zeroInfinity: 1 as never })],
  ['delta', () => new layers.HuberLoss({ delta: 0 })],
  ['beta', () => new layers.SmoothL1Loss({ beta: -1 })],
  ['labelSmoothing', () => new layers.CrossEntropyLoss({ labelSmoothing: 1.5 })],
  ['ignoreIndex', () => new layers.NLLLoss({ ignoreIndex: 0.5 })],
  ['logTarget', () => new layers.KLDivLoss({ logTarget: 1 as never })],
  ['margin', () => new layers.CosineEmbeddingLoss({ margin: 2 })],
  ['margin', () => new layers.TripletMarginLoss({ margin: 0 })],
  ['p to be', () => new layers.TripletMarginLoss({ p: 0 })],
  ['epsilon', () => new layers.TripletMarginLoss({ epsilon: -1 })],
  ['margin', () => new layers.MarginRankingLoss({ margin: NaN })],
  ['margin', () => new layers.HingeEmbeddingLoss({ margin: NaN })],
  ['full', () => new layers.GaussianNLLLoss({ full: 1 as never })],
  ['epsilon', () => new layers.GaussianNLLLoss({ epsilon: 0 })],
  ['logInput', () => new layers.PoissonNLLLoss({ logInput: 1 as never })],
  ['full', () => new layers.PoissonNLLLoss({ full: 1 as never })],
  ['epsilon', () => new layers.PoissonNLLLoss({ epsilon: -1 })],
  ['alpha', () => new layers.FocalLoss({ alpha: -1 })],
  ['gamma', () => new layers.FocalLoss({ gamma: -1 })],
  ['temperature', () => new layers.InfoNCELoss({ temperature: 0 })],
  ['symmetric', () => new layers.InfoNCELoss({ symmetric: 1 as never })],
])('a loss refuses its option out of range: %s', (name, make) => {
  expect(make).toThrowCode('ARGUMENT', new RegExp(name));
});

it('CTCLoss refuses an unknown option', () => {
  expect(() => new layers.CTCLoss({ zeroinfinity: true } as object)).toThrowCode('OPTION', /zeroInfinity/);
});

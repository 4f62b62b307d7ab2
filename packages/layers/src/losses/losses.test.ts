// SPDX-License-Identifier: Apache-2.0
// What all losses owe: the gradient of their formula, refusals. Values and every option are compared with PyTorch's in
// packages/testing/src/rows.

import { type Tensor, zeros } from '@nabla/core';
import { checkGradient, devices, randomIntegers, randomTensor, useDevice } from '@nabla/testing';

import * as layers from '../index.ts';

/** A loss: the function with its options fixed, and how its module is made. */
interface Row {
  readonly loss: (...inputs: Tensor[]) => Tensor;
  readonly make: (options: object) => layers.Module;
  readonly inputs: () => Tensor[];
}

const normal = (seed: number): Tensor => randomTensor([3, 5], { seed });
const unit = (seed: number): Tensor => randomTensor([3, 5], { seed, low: 0.1, high: 0.9 });
const labels = (): Tensor => randomIntegers([3], 5, { seed: 7 });
const signs = (shape: readonly number[]): Tensor => randomTensor(shape, { seed: 7 }).sign().toInt();

const rows: Readonly<Record<string, Row>> = {
  BCELoss: {
    loss: (p, t) => layers.binaryCrossEntropy(p, t),
    make: (options) => new layers.BCELoss(options),
    inputs: () => [unit(1), unit(2)],
  },
  BCEWithLogitsLoss: {
    loss: (x, t) => layers.binaryCrossEntropyWithLogits(x, t, { positiveWeight: randomTensor([5], { seed: 3 }) }),
    make: (options) => new layers.BCEWithLogitsLoss(options),
    inputs: () => [normal(1), unit(2)],
  },
  CosineEmbeddingLoss: {
    loss: (a, b, t) => layers.cosineEmbeddingLoss(a, b, t),
    make: (options) => new layers.CosineEmbeddingLoss(options),
    inputs: () => [normal(1), normal(2), signs([3])],
  },
  CrossEntropyLoss: {
    loss: (x, t) => layers.crossEntropy(x, t, { labelSmoothing: 0.1 }),
    make: (options) => new layers.CrossEntropyLoss(options),
    inputs: () => [normal(1), labels()],
  },
  FocalLoss: {
    loss: (x, t) => layers.sigmoidFocalLoss(x, t),
    make: (options) => new layers.FocalLoss(options),
    inputs: () => [normal(1), unit(2)],
  },
  GaussianNLLLoss: {
    loss: (x, t, v) => layers.gaussianNllLoss(x, t, v),
    make: (options) => new layers.GaussianNLLLoss(options),
    inputs: () => [normal(1), normal(2), unit(3)],
  },
  HingeEmbeddingLoss: {
    loss: (x, t) => layers.hingeEmbeddingLoss(x, t),
    make: (options) => new layers.HingeEmbeddingLoss(options),
    inputs: () => [normal(1), signs([3, 5])],
  },
  HuberLoss: {
    loss: (x, t) => layers.huberLoss(x, t),
    make: (options) => new layers.HuberLoss(options),
    inputs: () => [normal(1), normal(2)],
  },
  InfoNCELoss: {
    loss: (a, b) => layers.infoNceLoss(a, b, { symmetric: true, temperature: 0.5 }),
    make: (options) => new layers.InfoNCELoss(options),
    inputs: () => [normal(1), normal(2)],
  },
  KLDivLoss: {
    loss: (x, t) => layers.klDivLoss(x, t),
    make: (options) => new layers.KLDivLoss(options),
    inputs: () => [normal(1), unit(2)],
  },
  L1Loss: {
    loss: (x, t) => layers.l1Loss(x, t),
    make: (options) => new layers.L1Loss(options),
    inputs: () => [normal(1), normal(2)],
  },
  MarginRankingLoss: {
    loss: (a, b, t) => layers.marginRankingLoss(a, b, t),
    make: (options) => new layers.MarginRankingLoss(options),
    inputs: () => [normal(1), normal(2), signs([3, 5])],
  },
  MSELoss: {
    loss: (x, t) => layers.mseLoss(x, t),
    make: (options) => new layers.MSELoss(options),
    inputs: () => [normal(1), normal(2)],
  },
  NLLLoss: {
    loss: (x, t) => layers.nllLoss(x, t),
    make: (options) => new layers.NLLLoss(options),
    inputs: () => [normal(1), labels()],
  },
  PoissonNLLLoss: {
    loss: (x, t) => layers.poissonNllLoss(x, t),
    make: (options) => new layers.PoissonNLLLoss(options),
    inputs: () => [normal(1), unit(2)],
  },
  SmoothL1Loss: {
    loss: (x, t) => layers.smoothL1Loss(x, t, { beta: 0.5 }),
    make: (options) => new layers.SmoothL1Loss(options),
    inputs: () => [normal(1), normal(2)],
  },
  TripletMarginLoss: {
    loss: (a, p, n) => layers.tripletMarginLoss(a, p, n),
    make: (options) => new layers.TripletMarginLoss(options),
    inputs: () => [normal(1), normal(2), normal(3)],
  },
};

describe.each(devices())('losses on %s', (device) => {
  useDevice(device);

  it.each(Object.entries(rows))('%s has the gradient of its formula', (_, { loss, inputs }) => {
    checkGradient(loss, inputs(), { seed: 1 });
  });

  it.each(Object.entries(rows))('%s is NaN for a NaN, if only the mean of all', (_, { loss, inputs }) => {
    const [first, ...others] = inputs();
    expect(loss(first.mul(NaN), ...others).dataSync()[0]).toBeNaN();
  });

  it.each(Object.entries(rows))('%s refuses a target of another shape', (_, { loss, inputs }) => {
    const given = inputs();
    const last = given.at(-1) ?? zeros([]);
    given[given.length - 1] = last.expandDims(0);
    expect(() => loss(...given)).toThrowCode('SHAPE', /expected (\w+) of shape/);
  });

  it.each(Object.entries(rows))('%s refuses other element types', (_, { loss, inputs }) => {
    const [first, ...others] = inputs();
    expect(() => loss(first.toInt(), ...others)).toThrowCode('DTYPE');
    expect(() => loss(first, ...others.map((x) => x.toBool()))).toThrowCode('DTYPE');
  });
});

it.each(Object.entries(rows))('%s refuses unknown options and reductions', (_, { make }) => {
  expect(() => make({ reduce: 'sum' })).toThrowCode('OPTION', /reduction/);
  expect(() => make({ reduction: 'average' })).toThrowCode('ARGUMENT', /reduction to be one of/);
});

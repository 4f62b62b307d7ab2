// SPDX-License-Identifier: Apache-2.0
// One row per optimizer of @nabla/optimizers: how to make it, what it refuses, and which golden steps it must reproduce.

import type { Variable } from '@nabla/core';
import {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  AdamW,
  type AdamWOptions,
  Adamax,
  LAMB,
  Lion,
  Muon,
  NAdam,
  type Optimizer,
  RAdam,
  RMSprop,
  SGD,
  type SGDOptions,
} from '@nabla/optimizers';
import { type OptimizerRow, optimizerRow } from '../check-optimizer.ts';
import { golden } from '../golden.ts';

type AdaptiveOptimizer = new (parameters: readonly Variable[], options: { learningRate?: number }) => Optimizer;

const recorded = [...golden('adaptive').cases, ...golden('published_optimizers').cases];

/** The row of an optimizer whose steps adapt to each element. */
function adaptive(
  Class: AdaptiveOptimizer,
  learningRate: number,
  refused: OptimizerRow['refused'],
  others: object = {},
): OptimizerRow {
  return optimizerRow<object>({
    make: (parameters, options) => new Class(parameters, options),
    options: { learningRate, ...others },
    refused: [
      [{ learningRate: -1 }, 'ARGUMENT'],
      [{ weightDecay: -0.1 }, 'ARGUMENT'],
      [{ lr: 0.1 }, 'OPTION'],
      ...refused,
    ],
    golden: recorded.filter(({ optimizer }) => optimizer === Class.name),
  });
}

const badMoments: OptimizerRow['refused'] = [
  [{ betas: [1, 0.9] }, 'ARGUMENT'],
  [{ betas: [0.9, -0.1] }, 'ARGUMENT'],
  [{ epsilon: -1 }, 'ARGUMENT'],
];

/** Rows by the name of the class. */
export const optimizerRows: Readonly<Record<string, OptimizerRow>> = {
  Adadelta: adaptive(Adadelta, 30, [
    [{ smoothing: 1 }, 'ARGUMENT'],
    [{ epsilon: -1 }, 'ARGUMENT'],
  ]),
  Adafactor: adaptive(Adafactor, 0.2, [
    [{ relative: 1 }, 'ARGUMENT'],
    [{ decayExponent: 0.1 }, 'ARGUMENT'],
    [{ epsilon: -1 }, 'ARGUMENT'],
    [{ minimumSize: -1 }, 'ARGUMENT'],
    [{ clippingThreshold: 0 }, 'ARGUMENT'],
  ]),
  Adagrad: adaptive(Adagrad, 0.5, [
    [{ learningRateDecay: -1 }, 'ARGUMENT'],
    [{ initialAccumulatorValue: -1 }, 'ARGUMENT'],
    [{ epsilon: -1 }, 'ARGUMENT'],
  ]),
  Adam: adaptive(Adam, 0.05, [...badMoments, [{ amsgrad: 1 }, 'ARGUMENT']]),
  Adamax: adaptive(Adamax, 0.05, badMoments),
  AdamW: optimizerRow<AdamWOptions>({
    make: (parameters, options) => new AdamW(parameters, options),
    options: { learningRate: 0.05, weightDecay: 0.001 },
    refused: [
      [{ learningRate: -1 }, 'ARGUMENT'],
      [{ learningRate: 0.1, betas: [1, 0.9] }, 'ARGUMENT'],
      [{ learningRate: 0.1, betas: [0.9, -0.1] }, 'ARGUMENT'],
      [{ learningRate: 0.1, epsilon: -1e-8 }, 'ARGUMENT'],
      [{ learningRate: 0.1, weightDecay: -0.1 }, 'ARGUMENT'],
      [{ learningRate: 0.1, amsgrad: 1 }, 'ARGUMENT'],
      [{ lr: 0.1 }, 'OPTION'],
    ],
    golden: golden('adamw').cases,
  }),
  LAMB: adaptive(LAMB, 0.05, badMoments, { weightDecay: 0 }),
  Lion: adaptive(
    Lion,
    0.02,
    [
      [{ betas: [1, 0.9] }, 'ARGUMENT'],
      [{ betas: [0.9, -0.1] }, 'ARGUMENT'],
    ],
    { betas: [0.5, 0.5] },
  ),
  Muon: adaptive(
    Muon,
    0.02,
    [
      ...badMoments,
      [{ momentum: 1 }, 'ARGUMENT'],
      [{ nesterov: 1 }, 'ARGUMENT'],
      [{ iterations: 0 }, 'ARGUMENT'],
      [{ adamWScale: -1 }, 'ARGUMENT'],
    ],
    { adamWScale: 1 },
  ),
  NAdam: adaptive(NAdam, 0.05, [...badMoments, [{ momentumDecay: -1 }, 'ARGUMENT']]),
  RAdam: adaptive(RAdam, 0.2, badMoments),
  RMSprop: adaptive(RMSprop, 0.02, [
    [{ smoothing: 1 }, 'ARGUMENT'],
    [{ epsilon: -1 }, 'ARGUMENT'],
    [{ momentum: -1 }, 'ARGUMENT'],
    [{ centered: 1 }, 'ARGUMENT'],
  ]),
  SGD: optimizerRow<SGDOptions>({
    make: (parameters, options) => new SGD(parameters, options),
    options: { learningRate: 0.1, momentum: 0.5 },
    refused: [
      [{}, 'ARGUMENT'],
      [{ learningRate: -0.1 }, 'ARGUMENT'],
      [{ learningRate: 0.1, momentum: -1 }, 'ARGUMENT'],
      [{ learningRate: 0.1, weightDecay: -1 }, 'ARGUMENT'],
      [{ learningRate: 0.1, nesterov: true }, 'ARGUMENT'],
      [{ learningRate: 0.1, momentum: 0.9, dampening: 0.1, nesterov: true }, 'ARGUMENT'],
      [{ learningRate: 0.1, nestorov: true }, 'OPTION'],
    ],
    golden: golden('sgd').cases,
  }),
};

// SPDX-License-Identifier: Apache-2.0
// One row per optimizer of @nabla/optimizers: how to make it, what it refuses, and which golden steps it must reproduce.

import { AdamW, type AdamWOptions, SGD, type SGDOptions } from '@nabla/optimizers';
import { type OptimizerRow, optimizerRow } from '../check-optimizer.ts';
import { golden } from '../golden.ts';

/** Rows by the name of the class. */
export const optimizerRows: Readonly<Record<string, OptimizerRow>> = {
  AdamW: optimizerRow<AdamWOptions>({
    make: (parameters, options) => new AdamW(parameters, options),
    options: { learningRate: 0.05, weightDecay: 0.001 },
    refused: [
      [{ learningRate: -1 }, 'ARGUMENT'],
      [{ learningRate: 0.1, betas: [1, 0.9] }, 'ARGUMENT'],
      [{ learningRate: 0.1, betas: [0.9, -0.1] }, 'ARGUMENT'],
      [{ learningRate: 0.1, epsilon: -1e-8 }, 'ARGUMENT'],
      [{ learningRate: 0.1, weightDecay: -0.1 }, 'ARGUMENT'],
      [{ lr: 0.1 }, 'OPTION'],
    ],
    golden: golden('adamw').cases,
  }),
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

// SPDX-License-Identifier: Apache-2.0
// Whole training steps: loss, gradients and the optimizer's update, of networks small and large.

import { stack } from '@nabla/core';
import { Adam, AdamW, SGD } from '@nabla/optimizers';

import { MODELS, fillParameters } from './models.mjs';

const OPTIMIZERS = {
  sgd: (parameters) => new SGD(parameters, { learningRate: 0.01 }),
  adam: (parameters) => new Adam(parameters, { learningRate: 1e-3 }),
  adamw: (parameters) => new AdamW(parameters, { learningRate: 3e-4 }),
};

/** Steps whose losses are compared: the third knows of two updates. */
const STEPS = 3;

function prepare(spec) {
  const { model, data, loss } = MODELS[spec.model](spec);
  fillParameters(model);
  const optimizer = OPTIMIZERS[spec.optimizer](model.parameters());
  const run = () => optimizer.step(loss);
  return {
    run,
    results: () => ({ losses: stack(Array.from({ length: STEPS }, run)) }),
    kept: [...model.parameters(), optimizer, ...data],
  };
}

const stepCase = (name, spec) => ({
  name,
  device: 'cpu',
  unit: 'ms',
  spec: { family: 'step', ...spec },
  prepare,
  patience: 3,
  memory: true,
});

const characters = { model: 'gpt', optimizer: 'adamw', vocabulary: 65 };
const text = { optimizer: 'adam', batch: 32, time: 128, vocabulary: 65, inputs: 128, hidden: 256 };

/** Named after the shapes of their inputs. */
export const recurrentCases = [
  stepCase('recurrent/lstm_32x128x256', { model: 'lstm', ...text }),
  stepCase('recurrent/gru_32x128x256', { model: 'gru', ...text }),
];

export const stepCases = Object.entries({
  fnn_seed: { model: 'fnn', optimizer: 'sgd', batch: 1, inputs: 10, hidden: 5, outputs: 1 },
  fnn_32x784x256x10: { model: 'fnn', optimizer: 'sgd', batch: 32, inputs: 784, hidden: 256, outputs: 10 },
  cnn: { model: 'cnn', optimizer: 'adam', batch: 64, size: 28, classes: 10 },
  mha: { model: 'mha', optimizer: 'sgd', batch: 8, time: 256, width: 256, heads: 8 },
  gpt_char: { ...characters, batch: 12, time: 64, layers: 4, heads: 4, width: 128 },
  gpt_6L6H384: { ...characters, batch: 8, time: 256, layers: 6, heads: 6, width: 384 },
  gpt2_124M: { ...characters, vocabulary: 50257, batch: 1, time: 256, layers: 12, heads: 12, width: 768 },
}).map(([name, spec]) => stepCase(`step/${name}`, spec));

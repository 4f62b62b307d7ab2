// SPDX-License-Identifier: Apache-2.0
// The models whose training steps are timed; peers/torch_models.py holds their twins, with the same names of parameters.

import { Generator, mean, relu, square, tensor } from '@nabla/core';
import {
  Conv2d,
  Embedding,
  Flatten,
  GRU,
  LSTM,
  Linear,
  MaxPool2d,
  Module,
  MultiHeadAttention,
  ReLU,
  Sequential,
  crossEntropy,
  mseLoss,
} from '@nabla/layers';
import { CharacterTransformer } from '@nabla/models';

import { fill, fillIntegers } from '../inputs.mjs';

const floats = (shape, seed) => tensor(fill(shape.reduce((a, b) => a * b), seed, { scale: 4 }), shape); // prettier-ignore
export const integers = (shape, seed, bound) =>
  tensor(fillIntegers(shape.reduce((a, b) => a * b), seed, bound), shape, 'int32'); // prettier-ignore

/** Every value is overwritten with that of the common formula. */
const generator = new Generator(1);

class Cnn extends Module {
  constructor(size, classes) {
    super();
    this.conv1 = new Conv2d(1, 32, 3, { padding: 1, activation: 'relu', generator });
    this.conv2 = new Conv2d(32, 64, 3, { padding: 1, activation: 'relu', generator });
    this.pool = new MaxPool2d(2);
    this.flatten = new Flatten();
    this.fc1 = new Linear(64 * (size >> 2) ** 2, 128, { generator });
    this.fc2 = new Linear(128, classes, { generator });
  }

  /** `[batch, size, size, 1]` → logits `[batch, classes]`. */
  forward(images) {
    const x = this.pool.forward(this.conv2.forward(this.pool.forward(this.conv1.forward(images))));
    return this.fc2.forward(relu(this.fc1.forward(this.flatten.forward(x))));
  }
}

class CharacterRnn extends Module {
  constructor(Recurrent, { vocabulary, inputs, hidden }) {
    super();
    this.embedding = new Embedding(vocabulary, inputs, { generator });
    this.rnn = new Recurrent(inputs, hidden, { generator });
    this.fc = new Linear(hidden, vocabulary, { generator });
  }

  /** int32 `[batch, time]` → logits `[batch, time, vocabulary]`. */
  forward(tokens) {
    return this.fc.forward(this.rnn.forward(this.embedding.forward(tokens)).output);
  }
}

function fnn({ batch, inputs, hidden, outputs }) {
  const layers = [new Linear(inputs, hidden, { generator }), new ReLU(), new Linear(hidden, outputs, { generator })];
  const model = new Sequential(...layers);
  const [x, y] = [floats([batch, inputs], 1), floats([batch, outputs], 2)];
  return { model, data: [x, y], loss: () => mseLoss(model.forward(x), y) };
}

function cnn({ batch, size, classes }) {
  const model = new Cnn(size, classes);
  const [x, y] = [floats([batch, size, size, 1], 1), integers([batch], 2, classes)];
  return { model, data: [x, y], loss: () => crossEntropy(model.forward(x), y) };
}

function mha({ batch, time, width, heads }) {
  const model = new MultiHeadAttention(width, heads, { generator });
  const x = floats([batch, time, width], 1);
  return { model, data: [x], loss: () => mean(square(model.forward(x, x, x))) };
}

/** A model that predicts the next of the tokens. */
function ofTokens(model, { batch, time, vocabulary }) {
  const [x, y] = [1, 2].map((seed) => integers([batch, time], seed, vocabulary));
  return { model, data: [x, y], loss: () => crossEntropy(model.forward(x), y) };
}

const gpt = ({ batch, time, vocabulary, layers, heads, width }) =>
  ofTokens(new CharacterTransformer({ vocabulary, layers, heads, width, context: time, dropout: 0 }, generator), {
    batch,
    time,
    vocabulary,
  });

/** The smallest GPT-2. */
export const GPT2 = { vocabulary: 50257, layers: 12, heads: 12, width: 768 };

/** Each makes a model, its data and its loss from the sizes of a case. */
export const MODELS = {
  fnn,
  cnn,
  mha,
  gpt,
  lstm: (spec) => ofTokens(new CharacterRnn(LSTM, spec), spec),
  gru: (spec) => ofTokens(new CharacterRnn(GRU, spec), spec),
};

const FIRST_SEED = 10;

/** Gives every parameter values by its name: about as large as PyTorch's, factors of a norm around 1. */
export function fillParameters(model) {
  const parameters = [...model.namedParameters()].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [position, [name, parameter]] of parameters.entries()) {
    const { size, shape } = parameter;
    const scale = shape.length > 1 ? 2 / Math.sqrt(size / shape[0]) : 0.1;
    const offset = /norm\d?\.weight$/i.test(name) ? 1 : 0;
    const values = tensor(fill(size, FIRST_SEED + position, { scale, offset }), shape);
    parameter.assign(values);
    values.dispose();
  }
}

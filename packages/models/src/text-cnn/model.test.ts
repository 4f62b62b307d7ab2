// SPDX-License-Identifier: Apache-2.0
// Tests of the convolutional network for sentences: against the same module in PyTorch, its formula, its bounded weights.

import { Generator, type Tensor, scope, tensor2d } from '@nabla/core';
import { checkGoldenWith, devices, fromRecord, golden, useDevice } from '@nabla/testing';

import { TextCnn } from './model.ts';

const SHAPE = { vocabulary: 9, width: 4, filterWords: [2, 3], filters: 5, classes: 3, dropout: 0, padding: 0 };

const numbersOf = (x: Tensor): number[] => Array.from(x.dataSync());
const rows = (...values: number[][]): Tensor => tensor2d(values, undefined, 'int32');

describe.each(devices())('TextCnn on %s', (device) => {
  useDevice(device);

  it.each(golden('text_cnn').cases)('equals PyTorch: $name', (recorded) => {
    const model = new TextCnn({ ...recorded.options, dropout: 0, padding: 0 }, new Generator(1)).eval();
    try {
      model.loadStateDict(fromRecord(recorded.parameters));
      const parameters = Object.fromEntries(model.namedParameters());
      checkGoldenWith(parameters, recorded, ({ tokens }) => model.forward(tokens));
    } finally {
      model.dispose();
    }
  });

  it('is its formula: the strongest of all places, some of them outside of the text', () => {
    const model = new TextCnn(SHAPE, new Generator(2)).eval();
    const text = [3, 8, 1, 1];
    scope(() => {
      const words = numbersOf(model.embedding.weight); // [9, 4]
      const word = (i: number, j: number): number => words[(text[i] ?? 0) * 4 + j] ?? NaN; // row 0 is 0
      const features = [...model.convs].flatMap(({ weight, bias }, kind) => {
        const [size, weights, biases] = [kind + 2, numbersOf(weight), bias === undefined ? [] : numbersOf(bias)];
        return biases.map((start, filter) => {
          const found = Array.from({ length: text.length + 2 * size }, (_, place) => {
            let total = start;
            for (let i = 0; i < size; i++)
              for (let j = 0; j < 4; j++)
                total += (weights[(filter * 4 + j) * size + i] ?? NaN) * word(place - size + i, j);
            return Math.max(total, 0);
          });
          return Math.max(...found);
        });
      });
      const [weights, biases] = [
        numbersOf(model.fc.weight),
        model.fc.bias === undefined ? [] : numbersOf(model.fc.bias),
      ];
      const logits = biases.map((bias, row) =>
        features.reduce((total, feature, i) => total + feature * (weights[row * 10 + i] ?? NaN), bias),
      );
      expect(features).toHaveLength(10);
      expect(model.forward(rows(text))).toBeCloseToTensor([logits]);
    });
    model.dispose();
  });

  it('says of a text the same whatever else is in its batch', () => {
    const model = new TextCnn(SHAPE, new Generator(3)).eval();
    scope(() => {
      const together = numbersOf(model.forward(rows([5, 6, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7])));
      const alone = [
        ...numbersOf(model.forward(rows([5, 6]))),
        ...numbersOf(model.forward(rows([1, 2, 3, 4, 5, 6, 7]))),
      ];
      alone.forEach((logit, i) => expect(together[i]).toBeCloseTo(logit, 6));
    });
    model.dispose();
  });

  it('shortens the rows of its last layer that are too long, and no others', () => {
    const model = new TextCnn({ ...SHAPE, filterWords: [1], filters: 2 }, new Generator(4));
    scope(() => {
      const { weight } = model.fc; // [3, 2]
      weight.assign(tensor2d([[3, 4], [0.3, -0.4], [0, 0]])); // prettier-ignore
      model.limitNorms(2);
      expect(weight).toBeCloseToTensor([[1.2, 1.6], [0.3, -0.4], [0, 0]]); // prettier-ignore
    });
    model.dispose();
  });
});

it('starts with words as spread as those of the paper, and none at padding', () => {
  const model = new TextCnn({ ...SHAPE, vocabulary: 1000, width: 100 }, new Generator(5));
  const [padding, others] = [
    numbersOf(model.embedding.weight).slice(0, 100),
    numbersOf(model.embedding.weight).slice(100),
  ];
  expect(new Set(padding)).toEqual(new Set([0]));
  const variance = others.reduce((total, x) => total + x * x, 0) / others.length;
  expect(variance).toBeCloseTo(0.5 ** 2 / 12, 3); // of uniform numbers between -0.25 and 0.25
  model.dispose();
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the first transformer: its formula, its start, its loss; what its cache must keep is in the suite of all decoders.

import {
  Generator,
  type Tensor,
  add,
  gather,
  linear,
  logSoftmax,
  mul,
  scope,
  slice,
  tensor,
  tensor2d,
  valueAndGrad,
} from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { describeByLayer, describeCachedDecoding } from '../generation/test-cached-decoding.ts';
import { type TokenPair, collatePairs } from './data.ts';
import { TranslationTransformer } from './model.ts';
import { SPECIAL } from './tokenizer.ts';

const SHAPE = { vocabulary: 13, layers: 2, heads: 2, width: 8, context: 70, dropout: 0.1, ...SPECIAL };

const PAIRS: readonly TokenPair[] = [
  { source: [4, 5, 6], target: [7, 8] },
  { source: [9], target: [10, 11, 12, 4] },
];

const make = (generator: Generator): TranslationTransformer => new TranslationTransformer(SHAPE, generator);
describeCachedDecoding('TranslationTransformer', make);
describeByLayer('TranslationTransformer', make, { encoder: 2, decoder: 2 });

/** Lends a test a model in evaluation. */
function withModel(use: (model: TranslationTransformer) => void, seed = 1): void {
  const model = new TranslationTransformer(SHAPE, new Generator(seed)).eval();
  scope(() => use(model));
  model.dispose();
}

const ints = (values: number[][]): Tensor => tensor(values, undefined, 'int32');

describe.each(devices())('TranslationTransformer on %s', (device) => {
  useDevice(device);

  it('is its formula: one embedding three times, sinusoids, post-norm layers', () => {
    withModel((model) => {
      const [source, target] = [ints([[4, 5, 6, 2]]), ints([[1, 7, 8]])];
      const { weight } = model.embedding;
      const enter = (tokens: Tensor): Tensor => {
        const [, time = 0] = tokens.shape;
        const positions = Array.from({ length: time }, (_, t) =>
          Array.from({ length: 8 }, (__, i) => {
            const angle = t / 10000 ** ((2 * Math.floor(i / 2)) / 8);
            return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
          }),
        );
        return add(mul(gather(weight, tokens), Math.sqrt(8)), tensor2d(positions));
      };
      const memory = [...model.encoder.layers].reduce((x, layer) => layer.forward(x), enter(source));
      const decoded = [...model.decoder.layers].reduce(
        (x, layer) => layer.forward(x, memory, { target: { causal: true } }),
        enter(target),
      );
      expect([...model.encoder.layers].every(({ normFirst }) => !normFirst)).toBe(true);
      expect(model.forward(source, target)).toBeCloseToTensor(linear(decoded, weight), tolerance('matmul', 64));
    });
  });

  it('has the loss of the labels alone, and a part of it for all tokens', () => {
    withModel((model) => {
      const batch = collatePairs(PAIRS);
      const { source, sourceMask, target, labels } = batch;
      const logs = logSoftmax(model.forward(source, target, sourceMask)).arraySync() as number[][][];
      const known = (labels.arraySync() as number[][]).flatMap((row, i) =>
        row.flatMap((label, t) => (label < 0 ? [] : [{ label, log: logs[i]?.[t] ?? [] }])),
      );
      const mean = (f: (of: { label: number; log: number[] }) => number): number =>
        known.reduce((sum, one) => sum + f(one), 0) / known.length;
      const hard = mean(({ label, log }) => -(log[label] ?? NaN));
      const even = mean(({ log }) => -log.reduce((a, b) => a + b, 0) / log.length);
      expect(known).toHaveLength(8);
      expect(model.loss(batch)).toBeCloseToTensor(hard, tolerance('matmul', 64));
      expect(model.loss(batch, 0.1)).toBeCloseToTensor(0.9 * hard + 0.1 * even, tolerance('matmul', 64));
    });
  });

  it('gives a pair the same loss among longer ones as alone', () => {
    withModel((model) => {
      const alone = model.forward(ints([[4, 5, 6, 2]]), ints([[1, 7, 8]]));
      const { source, sourceMask, target } = collatePairs(PAIRS);
      const among = slice(model.forward(source, target, sourceMask), [0, 0, 0], [1, 3, 13]);
      expect(among).toBeCloseToTensor(alone, tolerance('matmul', 64));
    });
  });

  it('has a gradient for every parameter', () => {
    withModel((model) => {
      const batch = collatePairs(PAIRS);
      const names = [...model.namedParameters()].map(([name]) => name);
      const { gradients } = valueAndGrad(() => model.loss(batch, 0.1), model.parameters());
      gradients.forEach((gradient, i) => {
        expect([names[i], gradient.dataSync().some((value) => value !== 0)]).toEqual([names[i], true]);
      });
    });
  });
});

describe('the start of a TranslationTransformer', () => {
  useDevice('js');

  it('is Xavier uniform for matrices, 1 / sqrt(width) for the embedding, 0 for biases', () => {
    const model = new TranslationTransformer({ ...SHAPE, vocabulary: 500, width: 64 }, new Generator(3));
    for (const [name, parameter] of model.namedParameters()) {
      const values = parameter.dataSync<'float32'>();
      const deviation = Math.sqrt(values.reduce((total, value) => total + value * value, 0) / values.length);
      const [rows = 0, columns = 0] = parameter.shape;
      if (name.endsWith('bias')) expect([name, deviation]).toEqual([name, 0]);
      else if (name.includes('norm')) expect([name, deviation]).toEqual([name, 1]);
      else if (name.startsWith('embedding')) expect(deviation).toBeCloseTo(1 / 8, 2);
      else expect([name, deviation]).toEqual([name, expect.closeTo(Math.sqrt(2 / (rows + columns)), 2)]);
    }
    model.dispose();
  });
});

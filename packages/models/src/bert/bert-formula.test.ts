// SPDX-License-Identifier: Apache-2.0
// Tests of BERT against its formula, for configurations of all kinds.

import {
  Generator,
  type Tensor,
  add,
  div,
  exp,
  gather,
  matMul,
  mean,
  mul,
  noGrad,
  reshape,
  scope,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  transpose,
  valueAndGrad,
  where,
  zerosLike,
} from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { activate } from '../pretrained/activations.ts';
import { initialize } from '../pretrained/initialize.ts';
import type { BertConfig } from './config.ts';
import { BertForMaskedLM, BertForSequenceClassification } from './heads.ts';
import { type BertInputs, BertModel } from './model.ts';

const TINY: Partial<BertConfig> = {
  vocab_size: 23,
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 20,
  max_position_embeddings: 16,
  type_vocab_size: 3,
};

const TOKENS = [
  [5, 6, 7, 8, 9],
  [3, 1, 4, 0, 0],
];
const MASK = [
  [1, 1, 1, 1, 1],
  [1, 1, 1, 0, 0],
];
const ints = (values: number[][]): Tensor => tensor(values, undefined, 'int32');

/** A model whose norms and biases are not those that all models start with. */
function make<Model extends BertModel | BertForMaskedLM | BertForSequenceClassification>(
  Class: new (config: Partial<BertConfig>, generator: Generator) => Model,
  config: Partial<BertConfig> = {},
): Model {
  const generator = new Generator(7);
  const model = new Class({ ...TINY, ...config }, generator);
  model.eval();
  initialize(model, generator, () => 0.5);
  scope(() => {
    for (const [, variable] of model.namedState()) {
      if (variable.rank === 1) variable.assign(add(variable, mul(generator.normal(variable.shape), 0.3)));
    }
  });
  return model;
}

/** BERT as its paper has it, op by op. */
function plainBert(model: BertModel, tokens: number[][], inputs: BertInputs = {}): Tensor {
  const state = model.stateDict();
  const at = (name: string): Tensor => state[name];
  const { config } = model;
  const { num_attention_heads: heads, hidden_size: features } = config;
  const [batch, time] = [tokens.length, tokens[0]?.length ?? 0];
  const affine = (x: Tensor, name: string): Tensor => {
    const weight = at(`${name}.weight`);
    const product = matMul(reshape(x, [-1, x.shape.at(-1) ?? 0]), weight, false, true);
    return reshape(add(product, at(`${name}.bias`)), [...x.shape.slice(0, -1), weight.shape[0] ?? 0]);
  };
  const norm = (x: Tensor, name: string): Tensor => {
    const centred = sub(x, mean(x, -1, true));
    const scaled = div(centred, sqrt(add(mean(square(centred), -1, true), config.layer_norm_eps)));
    return add(mul(scaled, at(`${name}.weight`)), at(`${name}.bias`));
  };
  const split = (x: Tensor): Tensor => transpose(reshape(x, [batch, time, heads, features / heads]), [0, 2, 1, 3]);
  const mask = (inputs.attentionMask?.arraySync() ?? tokens.map((row) => row.map(() => 1))) as number[][];
  const range = Array.from({ length: time }, (_, i) => i);
  const isShown = (row: number[], query: number, key: number): number =>
    config.is_decoder && key > query ? 0 : (row[key] ?? 0);
  const shown = mask.map((row) => [range.map((query) => range.map((key) => isShown(row, query, key)))]);
  const visible = tensor(shown, undefined, 'bool'); // [batch, 1, time, time]
  const places = inputs.positions ?? ints(tokens.map(() => range));
  const types = inputs.tokenTypeIds ?? ints(tokens.map(() => range.map(() => 0)));
  let x = norm(
    add(
      add(
        gather(at('embeddings.word_embeddings.weight'), ints(tokens)),
        gather(at('embeddings.position_embeddings.weight'), places),
      ),
      gather(at('embeddings.token_type_embeddings.weight'), types),
    ),
    'embeddings.LayerNorm',
  );
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `encoder.layer.${i}`;
    const [query, key, value] = ['query', 'key', 'value'].map((name) =>
      split(affine(x, `${layer}.attention.self.${name}`)),
    ) as [Tensor, Tensor, Tensor];
    const powers = exp(div(matMul(query, key, false, true), Math.sqrt(features / heads))); // [batch, heads, time, time]
    const kept = where(visible, powers, zerosLike(powers));
    const attended = matMul(div(kept, sum(kept, -1, true)), value);
    const joined = reshape(transpose(attended, [0, 2, 1, 3]), [batch, time, features]);
    const middle = norm(
      add(affine(joined, `${layer}.attention.output.dense`), x),
      `${layer}.attention.output.LayerNorm`,
    );
    const inner = activate(config.hidden_act, affine(middle, `${layer}.intermediate.dense`));
    x = norm(add(affine(inner, `${layer}.output.dense`), middle), `${layer}.output.LayerNorm`);
  }
  return x;
}

describe.each(devices())('BERT on %s', (device) => {
  useDevice(device);

  it.each<[string, Partial<BertConfig>]>([
    ['as published', {}],
    ['with one head', { num_attention_heads: 1 }],
    ['with a fused activation', { hidden_act: 'relu' }],
    ['with one that is not', { hidden_act: 'quick_gelu' }],
    ['with another epsilon', { layer_norm_eps: 0.1 }],
    ['without a padding token', { pad_token_id: null }],
    ['as a decoder', { is_decoder: true }],
  ])('is its formula: %s', (_, config) => {
    const model = make(BertModel, config);
    scope(() => {
      const inputs = {
        attentionMask: ints(MASK),
        tokenTypeIds: ints([[0, 0, 1, 1, 2], [2, 0, 0, 1, 1]]), // prettier-ignore
        positions: ints([[4, 3, 2, 1, 0], [9, 10, 11, 12, 15]]), // prettier-ignore
      };
      for (const given of [{}, inputs]) {
        const received = noGrad(() => model.forward(ints(TOKENS), given));
        expect(received).toBeCloseToTensor(plainBert(model, TOKENS, given), tolerance('matmul', 64));
      }
    });
    model.dispose();
  });

  it('is the same for sequences that are long enough for one product of queries, keys and values', () => {
    const model = make(BertModel);
    const tokens = Array.from({ length: 3 }, (_, row) => Array.from({ length: 16 }, (__, i) => (row * 5 + i * 3) % 23));
    scope(() => {
      const received = noGrad(() => model.forward(ints(tokens)));
      expect(received).toBeCloseToTensor(plainBert(model, tokens), tolerance('matmul', 64));
    });
    model.dispose();
  });

  it('gives no gradient to the embedding of padding, which the output of a tied model still has', () => {
    const model = make(BertModel);
    const tied = make(BertForMaskedLM);
    scope(() => {
      const rowNorm = (gradient: Tensor | undefined): number =>
        Math.hypot(...(gradient?.dataSync().slice(0, 12) ?? []));
      const { weight } = model.embeddings.word_embeddings;
      const [plain] = valueAndGrad(() => sum(square(model.forward(ints(TOKENS)))), [weight]).gradients;
      expect(rowNorm(plain)).toBe(0);
      const { weight: shared } = tied.bert.embeddings.word_embeddings;
      const [ofTied] = valueAndGrad(() => tied.loss(ints(TOKENS), ints(TOKENS)), [shared]).gradients;
      expect(rowNorm(ofTied)).toBeGreaterThan(0);
    });
    model.dispose();
    tied.dispose();
  });
});

describe('while training', () => {
  /** How far two forward passes of a model that trains are apart, at most. */
  function spread(config: Partial<BertConfig>): number {
    const none = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
    const model = make(BertForSequenceClassification, { ...none, ...config }).train();
    const off = scope(() => {
      const [first, second] = [0, 1].map(() => model.forward(ints(TOKENS)).dataSync()) as [Float32Array, Float32Array];
      return Math.max(...first.map((value, i) => Math.abs(value - (second[i] ?? NaN))));
    });
    model.dispose();
    return off;
  }

  it('drops embeddings and outputs, attention weights, or what the classifier is given, each as configured', () => {
    expect(spread({})).toBe(0);
    expect(spread({ hidden_dropout_prob: 0.5, classifier_dropout: 0 })).toBeGreaterThan(0.01);
    expect(spread({ attention_probs_dropout_prob: 0.5 })).toBeGreaterThan(0.01);
    expect(spread({ classifier_dropout: 0.5 })).toBeGreaterThan(0.01);
  });
});

describe('losses', () => {
  const softplus = (x: number): number => Math.log1p(Math.exp(x));
  const logitsOf = (model: BertForSequenceClassification): number[][] =>
    scope(() => noGrad(() => model.forward(ints(TOKENS)).arraySync() as number[][]));
  const lossOf = (config: Partial<BertConfig>, labels: Tensor): { loss: number; logits: number[][] } => {
    const model = make(BertForSequenceClassification, config);
    const loss = scope(() => noGrad(() => model.loss(ints(TOKENS), labels).dataSync()[0] ?? NaN));
    const logits = logitsOf(model);
    labels.dispose();
    model.dispose();
    return { loss, logits };
  };
  const crossEntropyOf = (logits: number[][], labels: number[]): number => {
    const costs = logits.map(
      (row, i) => Math.log(row.reduce((total, x) => total + Math.exp(x), 0)) - (row[labels[i] ?? 0] ?? 0),
    );
    return costs.reduce((total, cost) => total + cost, 0) / costs.length;
  };

  it('are cross entropy for int32 labels', () => {
    const { loss, logits } = lossOf({ num_labels: 3 }, tensor([2, 0], [2], 'int32'));
    expect(loss).toBeCloseTo(crossEntropyOf(logits, [2, 0]), 5);
  });

  it('do not count labels of -100', () => {
    const { loss, logits } = lossOf({ num_labels: 3 }, tensor([-100, 1], [2], 'int32'));
    expect(loss).toBeCloseTo(crossEntropyOf(logits.slice(1), [1]), 5);
  });

  it.each([
    ['float32' as const, null],
    ['int32' as const, 'multi_label_classification' as const],
  ])('are a binary cross entropy for each label where labels are %s and problem_type is %s', (dtype, problem_type) => {
    const labels = [[1, 0, 1], [0, 0, 1]]; // prettier-ignore
    const { loss, logits } = lossOf({ num_labels: 3, problem_type }, tensor(labels, undefined, dtype));
    const costs = logits.flatMap((row, i) => row.map((x, j) => (labels[i]?.[j] === 1 ? softplus(-x) : softplus(x))));
    expect(loss).toBeCloseTo(costs.reduce((total, cost) => total + cost, 0) / 6, 5);
  });

  it.each([[[2]], [[2, 1]]])('are squared errors for one label, given as %j', (shape) => {
    const { loss, logits } = lossOf({ num_labels: 1 }, tensor([0.5, -2], shape as [number]));
    const [first = 0, second = 0] = logits.flat();
    expect(loss).toBeCloseTo(((first - 0.5) ** 2 + (second + 2) ** 2) / 2, 5);
  });

  it('are squared errors for several labels where problem_type says so', () => {
    const { loss, logits } = lossOf({ num_labels: 2, problem_type: 'regression' }, tensor([[1, 2], [3, 4]])); // prettier-ignore
    const squares = logits.flat().map((x, i) => (x - (i + 1)) ** 2);
    expect(loss).toBeCloseTo(squares.reduce((total, square) => total + square, 0) / 4, 5);
  });

  it('of hidden tokens are those of all logits, and NaN where none is hidden, as in PyTorch', () => {
    const model = make(BertForMaskedLM);
    const labels = [[-100, 6, -100, 2, 22], [-100, -100, 0, -100, -100]]; // prettier-ignore
    scope(() => {
      const rows = noGrad(() => model.forward(ints(TOKENS)).arraySync() as number[][][]).flat();
      const wanted = labels.flat().flatMap((label, i) => (label === -100 ? [] : [{ label, row: rows[i] ?? [] }]));
      const expected = crossEntropyOf(wanted.map(({ row }) => row), wanted.map(({ label }) => label)); // prettier-ignore
      expect(model.loss(ints(TOKENS), ints(labels)).dataSync()[0]).toBeCloseTo(expected, 5);
      expect(model.loss(ints(TOKENS), ints(labels.map((row) => row.map(() => -100)))).dataSync()[0]).toBeNaN();
    });
    model.dispose();
  });
});

describe('BERT refuses', () => {
  const model = (config: Partial<BertConfig> = {}): BertModel =>
    new BertModel({ ...TINY, ...config }, new Generator(1));

  it('more tokens than it has positions, and a mask of another shape', () => {
    const small = model();
    const tokens = ints([Array.from({ length: 17 }, () => 1)]);
    expect(() => small.forward(tokens)).toThrowCode('ARGUMENT', /tokens of at most 16 positions, received 17/);
    expect(() => small.forward(tensor([1, 2], [2], 'int32'))).toThrowCode('SHAPE', /\[batch, time\]/);
    expect(() => small.forward(ints([[1, 2]]), { attentionMask: ints([[1, 1, 1]]) })).toThrowCode('SHAPE', /\[1, 2\]/);
    tokens.dispose();
    small.dispose();
  });

  it('to pool without a pooler', () => {
    const small = new BertModel(TINY, new Generator(1), { pooler: false });
    expect(() => small.pool(tensor([[[0]]]))).toThrowCode('ARGUMENT', /pooler/);
    small.dispose();
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ num_attention_heads: 5 }, /to divide hidden_size/],
    [{ pad_token_id: 23 }, /from 0 to vocab_size - 1/],
    [{ pad_token_id: -1 }, /from 0 to vocab_size - 1/],
    [{ position_embedding_type: 'relative_key' }, /position_embedding_type/],
    [{ add_cross_attention: true }, /add_cross_attention/],
    [{ hidden_act: 'gelu_12' }, /hidden_act/],
    [{ num_labels: 1e12 }, /num_labels/],
  ])('a configuration with %j', (fields, message) => {
    expect(() => model(fields as Partial<BertConfig>)).toThrow(message);
  });
});

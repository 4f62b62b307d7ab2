// SPDX-License-Identifier: Apache-2.0
// Tests of multi-head attention: who sees whom, dropout, refusals; golden values are in the suite of all layers.

import {
  Generator,
  type Tensor,
  add,
  clone,
  concat,
  fill,
  mean,
  memory,
  slice,
  stack,
  tensor,
  tensor2d,
  where,
  zeros,
} from '@nabla/core';
import { devices, randomMask, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { MultiHeadAttention } from './multi-head-attention.ts';

const exact = tolerance('exact');
const matmul = tolerance('matmul', 8);

/** Runs `f` with an attention of 2 heads over 4 features. */
function withAttention(f: (attention: MultiHeadAttention) => void, dropout = 0): void {
  const attention = new MultiHeadAttention(4, 2, { generator: new Generator(1), dropout });
  f(attention);
  attention.dispose();
}

const random = (time: number, seed: number): Tensor => randomTensor([1, time, 4], { seed });
const positions = (x: Tensor, first: number, count: number): Tensor => slice(x, [0, first, 0], [-1, count, -1]);
const bools = (values: number[][]): Tensor => tensor2d(values, undefined, 'bool');

describe.each(devices())('MultiHeadAttention on %s', (device) => {
  useDevice(device);

  it('starts Xavier uniform, with biases 0, and keeps nothing else', () => {
    const [noBias, noOutputBias] = [zeros([180]), zeros([60])];
    const { tensors } = memory();
    const attention = new MultiHeadAttention(60, 3, { generator: new Generator(1) });
    expect(memory().tensors).toBe(tensors + 4);
    const bound = Math.sqrt(6 / (180 + 60));
    const drawn = [...(attention.in_proj_weight?.dataSync() ?? [])];
    expect(Math.max(...drawn)).toBeLessThanOrEqual(bound);
    expect(Math.max(...drawn)).toBeGreaterThan(bound * 0.99);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(-bound);
    expect(attention.in_proj_bias).toBeCloseToTensor(noBias, exact);
    expect(attention.out_proj.bias).toBeCloseToTensor(noOutputBias, exact);
    attention.dispose();
    expect(memory().tensors).toBe(tensors);
  });

  it('projects query, key and value together or one by one, with one result', () => {
    withAttention((attention) => {
      const x = random(5, 1);
      const apart = attention.forward(x, clone(x), clone(x), { causal: true });
      expect(attention.forward(x, x, x, { causal: true })).toBeCloseToTensor(apart, matmul);
    });
  });

  it('takes keys and values of another length than the queries', () => {
    withAttention((attention) => {
      const [query, key, value] = [random(3, 1), random(5, 2), random(5, 3)];
      const all = attention.forward(query, key, value);
      expect(all.shape).toEqual([1, 3, 4]);
      const second = attention.forward(positions(query, 1, 1), key, value); // queries do not see each other
      expect(second).toBeCloseToTensor(positions(all, 1, 1), matmul);
    });
  });

  it('lets padded keys have no influence: as if they were not there', () => {
    withAttention((attention) => {
      const [query, key, value, noise] = [random(3, 1), random(2, 2), random(2, 3), random(2, 4)];
      const keyPaddingMask = bools([[0, 0, 1, 1]]);
      const [keys, values] = [key, value].map((x) => concat([x, noise], 1));
      const expected = attention.forward(query, key, value);
      expect(attention.forward(query, keys, values, { keyPaddingMask })).toBeCloseToTensor(expected, matmul);
    });
  });

  it('pads each sample of a batch for itself', () => {
    withAttention((attention) => {
      const [one, two] = [random(3, 1), random(3, 2)];
      const keyPaddingMask = bools([[0, 0, 0], [0, 1, 1]]); // prettier-ignore
      const x = concat([one, two]);
      const both = attention.forward(x, x, x, { keyPaddingMask });
      expect(slice(both, [0, 0, 0], [1, -1, -1])).toBeCloseToTensor(attention.forward(one, one, one), matmul);
      const seen = positions(two, 0, 1);
      expect(slice(both, [1, 0, 0], [1, -1, -1])).toBeCloseToTensor(attention.forward(two, seen, seen), matmul);
    });
  });

  it('gives the bias of the last projection where every key is padding', () => {
    withAttention((attention) => {
      attention.out_proj.bias?.assign(tensor([1, 2, 3, 4]));
      const x = random(1, 1);
      const output = attention.forward(x, x, x, { keyPaddingMask: bools([[1]]) });
      expect(output).toBeCloseToTensor([[[1, 2, 3, 4]]], exact);
    });
  });

  it('causal: the future has no influence on the past, and the past has one on the future', () => {
    withAttention((attention) => {
      const past = random(3, 1);
      const run = (future: Tensor): Tensor => {
        const x = concat([past, future], 1);
        return attention.forward(x, x, x, { causal: true });
      };
      const [one, two] = [run(random(2, 2)), run(random(2, 3))];
      expect(positions(one, 0, 3)).toBeCloseToTensor(positions(two, 0, 3), exact);
      expect(positions(one, 3, 2)).not.toBeCloseToTensor(positions(two, 3, 2), matmul);
    });
  });

  it('attentionMask forbids where it is true: above the diagonal it is causal', () => {
    withAttention((attention) => {
      const x = random(3, 1);
      const attentionMask = bools([[0, 1, 1], [0, 0, 1], [0, 0, 0]]); // prettier-ignore
      const expected = attention.forward(x, x, x, { causal: true });
      expect(attention.forward(x, x, x, { attentionMask })).toBeCloseToTensor(expected, matmul);
    });
  });

  it('joins masks: a key must be allowed by each', () => {
    withAttention((attention) => {
      const x = random(3, 1);
      const keyPaddingMask = bools([[0, 0, 1]]);
      const attentionMask = bools([[1, 0, 0], [1, 0, 0], [1, 0, 0]]); // prettier-ignore
      const seen = positions(x, 1, 1);
      const output = attention.forward(x, x, x, { keyPaddingMask, attentionMask });
      expect(output).toBeCloseToTensor(attention.forward(x, seen, seen), matmul);
      const causal = attention.forward(x, x, x, { keyPaddingMask, attentionMask, causal: true });
      expect(positions(causal, 0, 1)).toBeCloseToTensor(zeros([1, 1, 4]), exact); // position 0 sees nothing
    });
  });

  it('takes a mask for each head of each sample, and a float one that hides where it is -Infinity', () => {
    withAttention((attention) => {
      const x = concat([random(3, 1), random(3, 2)]);
      const attentionMask = randomMask([4, 3, 3], { seed: 3 });
      const hidden = where(attentionMask, fill([4, 3, 3], -Infinity), zeros([4, 3, 3]));
      const keyPaddingMask = bools([[0, 0, 0], [0, 0, 1]]); // prettier-ignore
      for (const padding of [undefined, keyPaddingMask]) {
        const expected = attention.forward(x, x, x, { attentionMask, keyPaddingMask: padding });
        const received = attention.forward(x, x, x, { attentionMask: hidden, keyPaddingMask: padding });
        expect(received).toBeCloseToTensor(expected, exact);
      }
      const same = randomMask([3, 3], { seed: 4 });
      const everywhere = stack([same, same, same, same]);
      const expected = attention.forward(x, x, x, { attentionMask: same });
      expect(attention.forward(x, x, x, { attentionMask: everywhere })).toBeCloseToTensor(expected, exact);
    });
  });

  it('returns its weights with the same output: the mean of the heads, or each', () => {
    withAttention((attention) => {
      const [query, key] = [random(3, 1), random(5, 2)];
      const masks = { attentionMask: randomTensor([3, 5], { seed: 3 }) };
      const { output, weights } = attention.forwardWithWeights(query, key, key, masks);
      const each = attention.forwardWithWeights(query, key, key, { ...masks, perHead: true }).weights;
      expect(output).toBeCloseToTensor(attention.forward(query, key, key, masks), matmul);
      expect([weights.shape, each.shape]).toEqual([[1, 3, 5], [1, 2, 3, 5]]); // prettier-ignore
      expect(mean(each, 1)).toBeCloseToTensor(weights, exact);
    });
  });

  it('projects keys and values of another size by matrices of their own', () => {
    const attention = new MultiHeadAttention(4, 2, { generator: new Generator(1), keySize: 3, valueSize: 4 });
    const shapes = Object.entries(attention.stateDict()).map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([
      ['q_proj_weight', [4, 4]],
      ['k_proj_weight', [4, 3]],
      ['v_proj_weight', [4, 4]],
      ['in_proj_bias', [12]],
      ['out_proj.weight', [4, 4]],
      ['out_proj.bias', [4]],
    ]);
    expect(() => attention.forward(random(3, 1), random(3, 1), random(3, 1))).toThrowCode('SHAPE', /key .*, 3\]/);
    attention.dispose();
    const usual = new MultiHeadAttention(4, 2, { generator: new Generator(1), keySize: 4, valueSize: 4 });
    expect(Object.keys(usual.stateDict())).toContain('in_proj_weight');
    usual.dispose();
  });

  it('drops attention weights while training only', () => {
    withAttention((attention) => {
      const x = random(5, 1);
      const run = (): Tensor => attention.forward(x, x, x);
      expect(run()).not.toBeCloseToTensor(run(), matmul);
      const { offset } = attention.generator;
      attention.eval();
      expect(run()).toBeCloseToTensor(run(), exact);
      expect(attention.generator.offset).toBe(offset);
    }, 0.5);
  });

  it('has no bias at all when it is to have none', () => {
    const attention = new MultiHeadAttention(4, 2, { generator: new Generator(1), bias: false });
    expect(Object.keys(attention.stateDict())).toEqual(['in_proj_weight', 'out_proj.weight']);
    const x = random(3, 1);
    expect(attention.forward(x, x, x)).toBeCloseToTensor(attention.forward(x, clone(x), add(x, 0)), matmul);
    attention.dispose();
  });

  it('refuses sizes and options that do not fit', () => {
    const generator = new Generator(1);
    expect(() => new MultiHeadAttention(4, 3, { generator })).toThrowCode('ARGUMENT', /heads to divide the 4 features/);
    expect(() => new MultiHeadAttention(4, 0, { generator })).toThrowCode('ARGUMENT', /heads/);
    expect(() => new MultiHeadAttention(4, 2, { generator, dropout: 1 })).toThrowCode('ARGUMENT', /dropout/);
    expect(() => new MultiHeadAttention(4, 2, { generator, keySize: 0 })).toThrowCode('ARGUMENT', /keySize/);
    expect(() => new MultiHeadAttention(4, 2, { generator, valueSize: 1.5 })).toThrowCode('ARGUMENT', /valueSize/);
    const options = { generator, droput: 0.1 };
    expect(() => new MultiHeadAttention(4, 2, options)).toThrowCode('OPTION', /Did you mean "dropout"/);
  });

  it('refuses inputs and masks that do not fit', () => {
    withAttention((attention) => {
      const x = random(3, 1);
      const run = (masks: object) => () => attention.forward(x, x, x, masks);
      expect(() => attention.forward(x, zeros([1, 3, 5]), x)).toThrowCode('SHAPE', /key/);
      expect(() => attention.forward(x, random(2, 1), x)).toThrowCode('SHAPE', /value/);
      expect(run({ mask: bools([[0, 0, 0]]) })).toThrowCode('OPTION', /attentionMask/);
      expect(run({ keyPaddingMask: bools([[0, 0]]) })).toThrowCode('SHAPE', /keyPaddingMask/);
      expect(run({ keyPaddingMask: zeros([1, 3]) })).toThrowCode('DTYPE', /keyPaddingMask/);
      expect(run({ attentionMask: bools([[0, 0, 0]]) })).toThrowCode('SHAPE', /attentionMask/);
      expect(run({ attentionMask: zeros([3, 3], 'int32') })).toThrowCode('DTYPE', /attentionMask/);
      expect(run({ attentionMask: zeros([1, 3, 3]) })).toThrowCode('SHAPE', /attentionMask of shape \[2, 3, 3\]/);
      const weigh = (options: object) => () => attention.forwardWithWeights(x, x, x, options);
      expect(weigh({ averaged: true })).toThrowCode('OPTION', /averaged/);
      expect(weigh({ perHead: 1 })).toThrowCode('ARGUMENT', /perHead/);
    });
  });
});

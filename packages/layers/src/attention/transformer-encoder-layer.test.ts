// SPDX-License-Identifier: Apache-2.0
// Tests of the block of a transformer: its two formulas, masks, dropout, refusals.

import { Generator, type Tensor, add, concat, relu, slice, tensor2d } from '@nabla/core';
import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { TransformerEncoderLayer } from './transformer-encoder-layer.ts';
import type { TransformerLayerOptions } from './transformer-options.ts';

const exact = tolerance('exact');
const matmul = tolerance('matmul', 16);

/** Runs `f` with a small block and an input for it. */
function withBlock(
  options: Omit<TransformerLayerOptions, 'generator'>,
  f: (block: TransformerEncoderLayer, x: Tensor) => void,
): void {
  const block = new TransformerEncoderLayer(4, 2, { generator: new Generator(1), feedForward: 8, ...options });
  f(block, randomTensor([2, 3, 4], { seed: 1 }));
  block.dispose();
}

describe.each(devices())('TransformerEncoderLayer on %s', (device) => {
  useDevice(device);

  it('post-norm: normalizes after each residual sum', () => {
    withBlock({}, (block, x) => {
      block.eval();
      const y = block.norm1.forward(add(x, block.self_attn.forward(x, x, x)));
      const network = block.linear2.forward(relu(block.linear1.forward(y)));
      expect(block.forward(x)).toBeCloseToTensor(block.norm2.forward(add(y, network)), matmul);
    });
  });

  it('pre-norm: normalizes before attention and network', () => {
    withBlock({ normFirst: true }, (block, x) => {
      block.eval();
      const normed = block.norm1.forward(x);
      const y = add(x, block.self_attn.forward(normed, normed, normed));
      const network = block.linear2.forward(relu(block.linear1.forward(block.norm2.forward(y))));
      expect(block.forward(x)).toBeCloseToTensor(add(y, network), matmul);
    });
  });

  it('passes masks on: the future has no influence on the past, padding none on anything', () => {
    withBlock({ normFirst: true }, (block) => {
      block.eval();
      const past = randomTensor([1, 2, 4], { seed: 1 });
      const [one, two] = [2, 3].map((seed) => concat([past, randomTensor([1, 1, 4], { seed })], 1));
      const first = (x: Tensor): Tensor => slice(x, [0, 0, 0], [-1, 2, -1]);
      const run = (x: Tensor, masks = {}): Tensor => first(block.forward(x, masks));
      expect(run(one, { causal: true })).toBeCloseToTensor(run(two, { causal: true }), exact);
      const keyPaddingMask = tensor2d([[0, 0, 1]], [1, 3], 'bool');
      expect(run(one, { keyPaddingMask })).toBeCloseToTensor(run(past), matmul);
      expect(run(one)).not.toBeCloseToTensor(run(two), matmul);
    });
  });

  it('drops while training only, everywhere with the given probability', () => {
    withBlock({ dropout: 0.3 }, (block, x) => {
      const { self_attn, dropout, dropout1, dropout2 } = block;
      expect(self_attn.dropout).toBe(0.3);
      expect([dropout, dropout1, dropout2].map(({ probability }) => probability)).toEqual([0.3, 0.3, 0.3]);
      expect(block.forward(x)).not.toBeCloseToTensor(block.forward(x), matmul);
      block.eval();
      expect(block.forward(x)).toBeCloseToTensor(block.forward(x), exact);
    });
  });

  it("has PyTorch's defaults", () => {
    const block = new TransformerEncoderLayer(2, 1, { generator: new Generator(1) });
    const { dropout, linear1, activation, normFirst, norm1 } = block;
    expect([dropout.probability, linear1.weight.shape]).toEqual([0.1, [2048, 2]]);
    expect([activation, normFirst, norm1.epsilon]).toEqual(['relu', false, 1e-5]);
    block.dispose();
  });

  it('refuses sizes and options that do not fit, and keeps nothing of a block that it refused', () => {
    const make =
      (options: object, heads = 2) =>
      () =>
        new TransformerEncoderLayer(4, heads, { generator: new Generator(1), ...options });
    expect(make({}, 3)).toThrowCode('ARGUMENT', /heads/);
    expect(make({ activation: 'relu6' })).toThrowCode('ARGUMENT', /Did you mean "relu"/);
    expect(make({ dim_feedforward: 8 })).toThrowCode('OPTION', /feedForward/);
    expect(make({ feedForward: 0 })).toThrowCode('ARGUMENT', /feedForward/);
    expect(make({ dropout: 1 })).toThrowCode('ARGUMENT', /dropout/);
    expect(make({ epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon/);
  });
});

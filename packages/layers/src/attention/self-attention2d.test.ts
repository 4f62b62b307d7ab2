// SPDX-License-Identifier: Apache-2.0
// Tests of attention over a feature map: its weights are those that its output is made of.

import { Generator, matMul, ones, reshape } from '@nabla/core';
import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { SelfAttention2d } from './self-attention2d.ts';

describe.each(devices())('SelfAttention2d on %s', (device) => {
  useDevice(device);

  it('gives the weights that its output is made of', () => {
    const layer = new SelfAttention2d(3, 5, { generator: new Generator(1) });
    const x = randomTensor([2, 3, 4, 3], { seed: 1 });
    const weights = layer.weights(x);
    expect(weights.shape).toEqual([2, 12, 12]);
    expect(weights.sum(-1)).toBeCloseToTensor(ones([2, 12]), tolerance('reduce', 12));
    const values = reshape(layer.value_conv.forward(x), [2, 12, 5]);
    const output = reshape(layer.forward(x), [2, 12, 5]);
    expect(matMul(weights, values)).toBeCloseToTensor(output, tolerance('matmul', 12));
    layer.dispose();
  });

  it('says which channels it expects', () => {
    const layer = new SelfAttention2d(32, 8, { generator: new Generator(1) });
    expect(() => layer.forward(randomTensor([1, 4, 4, 3], { seed: 1 }))).toThrowCode(
      'SHAPE',
      /conv2d: expected x of shape \[batch, height, width, 32\], received \[1, 4, 4, 3\]/,
    );
    layer.dispose();
  });
});

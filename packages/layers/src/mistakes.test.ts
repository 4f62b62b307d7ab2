// SPDX-License-Identifier: Apache-2.0
// Mistakes of programs that people write: two that cannot run, and three that would quietly train something else. Each is an
// error here that says what to change.

import { Generator, ones, zeros } from '@nabla/core';
import { useDevice } from '@nabla/testing';

import { MultiHeadAttention } from './attention/multi-head-attention.ts';
import { SelfAttention2d } from './attention/self-attention2d.ts';
import { Conv2d } from './conv/conv.ts';
import { Embedding } from './embedding.ts';
import { CrossEntropyLoss } from './losses/cross-entropy-loss.ts';
import { mseLoss } from './losses/mse-loss.ts';
import { MaxPool2d } from './pool/max-pool.ts';
import { Sequential } from './sequential.ts';
import { Flatten } from './spatial/flatten.ts';

useDevice('js');
const generator = new Generator(0);

it('640 flattened features taken for the logits of 10 classes', () => {
  const model = new Sequential(
    new Conv2d(32, 64, 3, { padding: 1, generator }),
    new MaxPool2d(2),
    new Conv2d(64, 10, 3, { padding: 1, generator }),
    new MaxPool2d(2),
    new Flatten(),
  );
  const loss = new CrossEntropyLoss({ classes: 10 });
  expect(() => loss.forward(model.forward(ones([1, 32, 32, 32])), zeros([1], 'int32'))).toThrowCode(
    'SHAPE',
    /expected logits of shape \[\.\.\.batch, 10\], received \[1, 640\].*let the last layer of the network give one logit for each/,
  );
  model.dispose();
});

it('a target without the time axis of the output', () => {
  const output = ones([1, 1, 1]); // [batch, time, features]
  expect(() => mseLoss(output, ones([1, 1]))).toThrowCode(
    'SHAPE',
    /expected target of shape \[1, 1, 1\], received \[1, 1\]\. It must have the shape of prediction/,
  );
});

it('an image of 3 channels given to a network made for 32', () => {
  const layer = new SelfAttention2d(32, 64, { generator });
  expect(() => layer.forward(ones([1, 32, 32, 3]))).toThrowCode(
    'SHAPE',
    /expected x of shape \[batch, height, width, 32\], received \[1, 32, 32, 3\]\. weight has shape \[64, 32, 1, 1\]/,
  );
  layer.dispose();
});

it('8 heads that cannot share 5 features', () => {
  expect(() => new MultiHeadAttention(5, 8, { generator })).toThrowCode('ARGUMENT', /heads.*5.*8/);
});

it('token ids that are floats', () => {
  const layer = new Embedding(10, 8, { generator });
  expect(() => layer.forward(ones([1, 10]))).toThrowCode('DTYPE', /indices.*int32.*float32/);
  layer.dispose();
});

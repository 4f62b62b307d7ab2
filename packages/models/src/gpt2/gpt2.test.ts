// SPDX-License-Identifier: Apache-2.0
// Tests of GPT-2 against transformers' numbers.

import { Generator, noGrad, scope, slice, tensor, tensor2d } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { describeTiny } from '../pretrained/test-hf-tiny.ts';
import { GPT2LMHeadModel } from './model.ts';

describeTiny('gpt2', GPT2LMHeadModel, (model, { input_ids: tokens, labels, attention_mask, position_ids }) => {
  const inputs = { attentionMask: attention_mask, positions: position_ids };
  const states = model.transformer.hiddenStates(tokens, inputs);
  return {
    outputs: {
      logits: model.forward(tokens, inputs),
      ...Object.fromEntries(states.map((state, i) => [`hidden_states.${i}`, state])),
    },
    loss: labels && model.loss(tokens, labels, inputs),
  };
});

describe.each(devices())('the cache of GPT-2 on %s', (device) => {
  useDevice(device);
  const config = { vocab_size: 19, n_positions: 100, n_embd: 12, n_layer: 2, n_head: 3 };

  it.each([
    ['one by one', [1, 1, 1, 1, 1, 1]],
    ['in parts', [3, 1, 2]],
    ['beyond a block', [60, 3, 1, 1, 4, 2]],
  ])('gives the logits of the whole, fed %s', (_, parts) => {
    const model = new GPT2LMHeadModel(config, new Generator(1)).eval();
    const total = parts.reduce((a, b) => a + b, 0);
    const ids = Int32Array.from({ length: 2 * total }, (__, i) => (i * 7 + 3) % 19);
    const tokens = tensor2d(ids, [2, total], 'int32');
    const cache = model.newCache();
    noGrad(() =>
      scope(() => {
        const whole = model.forward(tokens);
        let at = 0;
        for (const part of parts) {
          const logits = model.forward(slice(tokens, [0, at], [2, part]), { cache });
          expect(logits).toBeCloseToTensor(slice(whole, [0, at, 0], [2, part, 19]), tolerance('matmul', 64));
          at += part;
        }
      }),
    );
    cache.dispose();
    model.dispose();
    tokens.dispose();
  });

  it('hides padding on the left, in the cache too', () => {
    const model = new GPT2LMHeadModel(config, new Generator(2)).eval();
    const cache = model.newCache();
    noGrad(() =>
      scope(() => {
        const alone = model.forward(tensor([[5, 6, 7, 8]], undefined, 'int32'));
        const mask = tensor([[0, 0, 1, 1, 1]], undefined, 'int32');
        model.forward(tensor([[0, 0, 5, 6, 7]], undefined, 'int32'), {
          cache,
          attentionMask: mask,
          positions: tensor([[0, 0, 0, 1, 2]], undefined, 'int32'),
        });
        const last = model.forward(tensor([[8]], undefined, 'int32'), {
          cache,
          attentionMask: tensor([[0, 0, 1, 1, 1, 1]], undefined, 'int32'),
          positions: tensor([[3]], undefined, 'int32'),
        });
        expect(last).toBeCloseToTensor(slice(alone, [0, 3, 0], [1, 1, 19]), tolerance('matmul', 64));
      }),
    );
    cache.dispose();
    model.dispose();
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of checkpointing a model's blocks: the same loss and gradients, in less memory.

import { Generator, dispose, nativeMemory, resetPeakMemory, setDevice, tensor, valueAndGrad } from '@nabla/core';
import { assertClose, devices, tolerance, useDevice } from '@nabla/testing';

import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { checkpointBlocks } from './gradient-checkpointing.ts';

const config = { vocab_size: 19, n_positions: 64, n_embd: 12, n_layer: 3, n_head: 3 };

describe.each(devices())('checkpointBlocks on %s', (device) => {
  useDevice(device);

  it('gives the same loss and gradients, with dropout and a mask', () => {
    const model = new GPT2LMHeadModel(config, new Generator(1)).train();
    const tokens = tensor([[3, 1, 4, 1, 5, 9]], undefined, 'int32');
    const attentionMask = tensor([[1, 1, 1, 1, 1, 0]], undefined, 'int32');
    const compute = (): ReturnType<typeof valueAndGrad> => {
      model.transformer.drop.generator.restore({ seed: 1, offset: 1000 });
      return valueAndGrad(() => model.loss(tokens, tokens, { attentionMask }), model.parameters());
    };
    const plain = compute();
    const handle = checkpointBlocks(model);
    const saving = compute();
    handle.remove();
    expect(saving.value).toBeCloseToTensor(plain.value, tolerance('exact'));
    saving.gradients.forEach((gradient, i) => {
      assertClose(`gradient ${i}`, gradient, plain.gradients[i], tolerance('matmul', 8));
    });
    dispose(plain, saving, tokens, attentionMask);
    model.dispose();
  });
});

it('needs less memory where there are many blocks', () => {
  setDevice('auto');
  const before = nativeMemory();
  if (before === undefined) return; // pure TypeScript has no account of its memory
  const shape = { vocab_size: 19, n_positions: 64, n_embd: 32, n_layer: 8, n_head: 2 };
  const model = new GPT2LMHeadModel(shape, new Generator(1)).train();
  const tokens = tensor([Array.from({ length: 64 }, (_, i) => i % 19)], undefined, 'int32');
  const peak = (): number => {
    resetPeakMemory();
    dispose(valueAndGrad(() => model.loss(tokens, tokens), model.parameters()));
    return nativeMemory()?.peak ?? NaN;
  };
  const plain = peak();
  const handle = checkpointBlocks(model);
  const saving = peak();
  handle.remove();
  expect(saving).toBeLessThan(0.6 * plain);
  dispose(tokens);
  model.dispose();
});

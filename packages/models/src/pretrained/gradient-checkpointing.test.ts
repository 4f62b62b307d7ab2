// SPDX-License-Identifier: Apache-2.0
// Tests of what a model's blocks may forget: the same loss and gradients, in less memory.

import {
  Generator,
  type Tensor,
  dispose,
  nativeMemory,
  resetPeakMemory,
  scope,
  setDevice,
  tensor,
  valueAndGrad,
} from '@nabla/core';
import { assertClose, devices, tolerance, useDevice } from '@nabla/testing';

import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { checkpointBlocks, scopeBlocks } from './gradient-checkpointing.ts';

const config = { vocab_size: 19, n_positions: 64, n_embd: 12, n_layer: 3, n_head: 3 };

describe.each(devices())('on %s', (device) => {
  useDevice(device);

  it.each([checkpointBlocks, scopeBlocks])(
    '%p gives the same loss and gradients, with dropout and a mask',
    (change) => {
      const model = new GPT2LMHeadModel(config, new Generator(1)).train();
      const tokens = tensor([[3, 1, 4, 1, 5, 9]], undefined, 'int32');
      const attentionMask = tensor([[1, 1, 1, 1, 1, 0]], undefined, 'int32');
      const compute = (): ReturnType<typeof valueAndGrad> => {
        model.transformer.drop.generator.restore({ seed: 1, offset: 1000 });
        return valueAndGrad(() => model.loss(tokens, tokens, { attentionMask }), model.parameters());
      };
      const plain = compute();
      const handle = change(model);
      const saving = compute();
      handle.remove();
      expect(saving.value).toBeCloseToTensor(plain.value, tolerance('exact'));
      saving.gradients.forEach((gradient, i) => {
        assertClose(`gradient ${i}`, gradient, plain.gradients[i], tolerance('matmul', 8));
      });
      dispose(plain, saving, tokens, attentionMask);
      model.dispose();
    },
  );
});

describe('many blocks', () => {
  setDevice('auto');
  const isCounted = nativeMemory() !== undefined; // pure TypeScript has no account of its memory
  const shape = { vocab_size: 19, n_positions: 64, n_embd: 32, n_layer: 16, n_head: 2 };

  /** The memory that a model needs with its blocks changed, as a part of what it needs otherwise. */
  function partNeeded(change: typeof scopeBlocks, compute: (model: GPT2LMHeadModel, tokens: Tensor) => void): number {
    setDevice('auto');
    const model = new GPT2LMHeadModel(shape, new Generator(1)).train();
    const tokens = tensor([Array.from({ length: 64 }, (_, i) => i % 19)], undefined, 'int32');
    const peak = (): number => {
      const { inUse } = nativeMemory() ?? { inUse: NaN };
      resetPeakMemory();
      compute(model, tokens);
      return (nativeMemory()?.peak ?? NaN) - inUse;
    };
    const plain = peak();
    const handle = change(model);
    const saving = peak();
    handle.remove();
    dispose(tokens);
    model.dispose();
    return saving / plain;
  }

  const train = (model: GPT2LMHeadModel, tokens: Tensor): void =>
    dispose(valueAndGrad(() => model.loss(tokens, tokens), model.parameters()));
  const evaluate = (model: GPT2LMHeadModel, tokens: Tensor): void => scope(() => void model.forward(tokens));

  it.each([
    { name: 'checkpointed', change: checkpointBlocks, doing: 'in training', compute: train, most: 0.5 },
    { name: 'scoped', change: scopeBlocks, doing: 'in training', compute: train, most: 0.95 },
    { name: 'scoped', change: scopeBlocks, doing: 'in evaluation', compute: evaluate, most: 0.4 },
  ])('need less memory $name $doing', ({ change, compute, most }) => {
    if (isCounted) expect(partNeeded(change, compute)).toBeLessThan(most);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests that batches of many lengths take little more memory than the longest alone.

import { Generator, dispose, nativeMemory, tensor, trimMemory } from '@nabla/core';
import { AdamW } from '@nabla/optimizers';
import { devices, useDevice } from '@nabla/testing';

import { BertForSequenceClassification } from '../bert/heads.ts';
import { scopeBlocks } from '../pretrained/gradient-checkpointing.ts';

const [BATCH, LONGEST, STEPS] = [16, 64, 30];
const config = {
  vocab_size: 50,
  hidden_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 512,
};

/** Where memory is counted: one CPU target, whose memory is that of all, and the GPU; in pure TypeScript it is V8's. */
const chosen = devices().filter((device, i, all) => device === 'cuda' || i === all.findIndex(isOfCpu));

function isOfCpu(device: string): boolean {
  return device.startsWith('cpu:');
}

/** What the addon has of the system, whether in use or kept for reuse. */
function taken(): number {
  const { inUse = NaN, cached = NaN } = nativeMemory() ?? {};
  return inUse + cached;
}

if (chosen.length === 0) it('is left out: memory is not counted here', () => expect(nativeMemory()).toBeUndefined());
else {
  describe.each(chosen)('training on %s', (device) => {
    useDevice(device);

    it(`takes for ${STEPS} batches of different lengths at most half as much again as for the longest alone`, () => {
      const model = new BertForSequenceClassification(
        { ...config, max_position_embeddings: LONGEST },
        new Generator(1),
      );
      scopeBlocks(model);
      const optimizer = new AdamW(model.parameters(), { learningRate: 1e-3 });
      const step = (length: number): void => {
        const tokens = tensor(new Int32Array(BATCH * length).fill(7), [BATCH, length], 'int32');
        const labels = tensor(new Int32Array(BATCH), [BATCH], 'int32');
        dispose(
          tokens,
          labels,
          optimizer.step(() => model.loss(tokens, labels)),
        );
      };
      step(LONGEST);
      step(LONGEST);
      trimMemory();
      const before = taken();
      step(LONGEST);
      const longest = taken() - before;
      for (let i = 0; i < STEPS; i++) step(LONGEST - ((i * 23) % 60));
      expect(taken() - before).toBeLessThan(1.5 * longest);
      optimizer.dispose();
      model.dispose();
    });
  });
}

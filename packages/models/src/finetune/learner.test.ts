// SPDX-License-Identifier: Apache-2.0
// Tests of the held-out loss: it is the mean over tokens, whatever batches the texts are looked at in.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ArrayDataset } from '@nabla/data';
import { useDevice } from '@nabla/testing';

import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { T5ForConditionalGeneration } from '../t5/model.ts';
import { type TokenExample, evaluationOptions } from './batches.ts';
import { causalLanguageModelTask } from './causal-lm.ts';
import { type FinetuneTask, evaluateTokens } from './learner.ts';
import { sequenceToSequenceTask } from './seq2seq.ts';
import { writeGPT2, writeT5 } from './test-folders.ts';

useDevice('js');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-learner-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** Texts of 2 to 8 tokens. */
const EXAMPLES: readonly TokenExample[] = Array.from({ length: 7 }, (_, i) => {
  const ids = Array.from({ length: i + 2 }, (_, k) => 4 + ((i * k) % 8));
  return { ids, labels: ids };
});

function checkMean(task: FinetuneTask, model: Parameters<typeof evaluateTokens>[1], firstPredicted: number): void {
  model.eval();
  const lossOf = (examples: readonly TokenExample[], batchSize: number): number =>
    evaluateTokens(task, model, new ArrayDataset(examples), evaluationOptions(batchSize, 0, Infinity))['loss'] ?? NaN;
  let [cost, tokens] = [0, 0];
  for (const example of EXAMPLES) {
    const predicted = example.labels.length - firstPredicted;
    cost += lossOf([example], 1) * predicted;
    tokens += predicted;
  }
  for (const batchSize of [1, 3, 7]) expect(lossOf(EXAMPLES, batchSize)).toBeCloseTo(cost / tokens, 5);
  model.dispose();
}

it('causal-lm', async () => {
  checkMean(causalLanguageModelTask, await fromPretrained(await writeGPT2(join(folder, 'gpt2')), GPT2LMHeadModel), 1);
});

it('seq2seq', async () => {
  checkMean(
    sequenceToSequenceTask,
    await fromPretrained(await writeT5(join(folder, 't5')), T5ForConditionalGeneration),
    0,
  );
});

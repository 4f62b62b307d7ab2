// SPDX-License-Identifier: Apache-2.0
// Tests of the recipe transformer: it learns from a text, and evaluates and predicts with it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { resolveDataset } from '@nabla/data';
import { useDevice } from '@nabla/testing';

import type { TrainingEvent } from '../training/events.ts';
import { openRun, startRun } from '../training/run.ts';
import type { TrainingResult } from '../training/trainer.ts';

useDevice('js');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-transformer-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const SMALL = {
  layers: 1,
  heads: 2,
  width: 16,
  context: 8,
  batchSize: 8,
  steps: 60,
  learningRate: 0.01,
  warmupSteps: 5,
  evaluateEvery: 30,
};

let runs = 0;
let run: string;
let events: TrainingEvent[];

async function train(text: string, options: Record<string, unknown> = {}): Promise<TrainingResult> {
  run = join(folder, `run-${++runs}`);
  events = [];
  const data = join(folder, 'input.txt');
  writeFileSync(data, text);
  const emit = (event: TrainingEvent): void => void events.push(event);
  const overrides = [{ ...SMALL, data }, options];
  return startRun({ recipe: 'transformer', folder: run, overrides, emit, resolveData: resolveDataset });
}

it('learns a text that repeats itself, and goes on with it', async () => {
  const { metrics } = await train('abcdefgh'.repeat(100));
  expect(metrics['loss']).toBeLessThan(0.4);
  expect(metrics['accuracy']).toBeGreaterThan(0.9);
  const opened = await openRun(run);
  expect(await opened.evaluate(resolveDataset)).toEqual(metrics);
  const [answer] = await opened.predict(['abcd']);
  expect(answer).toMatchObject({ input: 'abcd', prediction: 'e' });
  expect(answer?.['next']).toHaveLength(5);
  opened.model.dispose();
});

it('measures a part of a long held-out text while training, all of it at the end', async () => {
  const text = Array.from({ length: 30000 }, (_, i) => 'abcdefgh'[(i * i) % 8]).join('');
  const { metrics } = await train(text, { steps: 1 });
  const quick = events.find((event) => event.event === 'evaluate')?.metrics;
  expect(quick?.['loss']).toBeCloseTo(metrics['loss'] ?? 0, 1);
  expect(quick?.['loss']).not.toBe(metrics['loss']);
});

it('evaluates all of another text', async () => {
  await train('abcdefgh'.repeat(100), { steps: 2 });
  const other = join(folder, 'other.txt');
  writeFileSync(other, 'hhhhhhhhhhhh');
  const opened = await openRun(run);
  expect((await opened.evaluate(resolveDataset, other))['loss']).toBeGreaterThan(0);
  writeFileSync(other, 'xyz'.repeat(10));
  await expect(opened.evaluate(resolveDataset, other)).rejects.toThrowCode(
    'CHARACTER',
    /"x" \(U\+0078\) at position 0/,
  );
  opened.model.dispose();
});

it('counts an epoch as one pass over the characters', async () => {
  const text = 'abcdefgh'.repeat(100); // 720 for training: 11.25 batches of 8 windows of 8
  expect((await train(text, { epochs: 1 })).steps).toBe(12);
});

it('refuses a text that is too short, before training, and heads that do not fit', async () => {
  await expect(train('abcdefgh'.repeat(2))).rejects.toThrowCode('TEXT', /at least 9 tokens/);
  await expect(train('')).rejects.toThrowCode('TEXT');
  await expect(train('abcdefgh'.repeat(100), { heads: 3 })).rejects.toThrow(/heads to divide width, received 3/);
});

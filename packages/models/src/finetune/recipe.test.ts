// SPDX-License-Identifier: Apache-2.0
// Tests of fine-tuning: a small model learns to tell texts apart, whole and by corrections; what it leaves is a published model again.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator, setDevice } from '@nabla/core';
import { resolveDataset } from '@nabla/data';
import '@nabla/testing';

import { BertForSequenceClassification } from '../bert/heads.ts';
import { loadAdapter } from '../lora/peft-files.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import type { TrainingEvent } from '../training/events.ts';
import { openRun, resumeRun, startRun } from '../training/run.ts';
import { WORDS, writeBert, writeGPT2, writeT5 } from './test-folders.ts';

let folder: string;
beforeAll(() => {
  setDevice('auto');
  folder = mkdtempSync(join(tmpdir(), 'nabla-finetune-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let folders = 0;

/** A new path in the folder of the tests. */
function newPath(): string {
  return join(folder, `model-${++folders}`);
}

/** Sentences of which one word says the class. */
function writeReviews(): string {
  const generator = new Generator(4);
  const lines = Array.from({ length: 200 }, () => {
    const label = generator.integer(2) === 0 ? 'negative' : 'positive';
    const around = Array.from({ length: 1 + generator.integer(5) }, () => WORDS[6 + generator.integer(6)]);
    around.splice(generator.integer(around.length + 1), 0, label === 'positive' ? 'good' : 'bad');
    return `${label},${around.join(' ')}`;
  });
  const path = join(folder, 'reviews.csv');
  writeFileSync(path, `label,text\n${lines.join('\n')}\n`);
  return path;
}

let runs = 0;

/** Trains; returns the run's folder, its metrics and events. */
async function finetune(options: Record<string, unknown>): Promise<{
  run: string;
  metrics: Readonly<Record<string, number>>;
  events: TrainingEvent[];
}> {
  const run = join(folder, `run-${++runs}`);
  const events: TrainingEvent[] = [];
  const { metrics } = await startRun({
    recipe: 'finetune',
    folder: run,
    overrides: [{ batchSize: 16, learningRate: 0.01, warmupSteps: 0, ...options }],
    emit: (event) => void events.push(event),
    resolveData: resolveDataset,
  });
  return { run, metrics, events };
}

it('learns classes, and leaves a folder that is a published model of its own', async () => {
  const data = writeReviews();
  const { run, metrics } = await finetune({ model: await writeBert(newPath()), data, epochs: 4 });
  expect(metrics['accuracy']).toBe(1);
  const opened = await openRun(run);
  expect((await opened.predict(['a very good film']))[0]).toMatchObject({ prediction: 'positive' });
  expect(await opened.evaluate(resolveDataset)).toEqual(metrics);
  opened.model.dispose();
  const trained = await fromPretrained(join(run, 'pretrained'), BertForSequenceClassification);
  expect(trained.config).toMatchObject({ num_labels: 2, id2label: { 0: 'negative', 1: 'positive' } });
  expect(existsSync(join(run, 'pretrained', 'vocab.txt'))).toBe(true);
  trained.dispose();
});

it('learns by corrections: the run holds them and the head alone, and PEFT’s files', async () => {
  const model = await writeBert(newPath());
  const options = { model, data: writeReviews(), epochs: 6, loraRank: 4, loraTargets: 'all-linear' };
  const { run, metrics } = await finetune(options);
  expect(metrics['accuracy']).toBeGreaterThan(0.9);
  const opened = await openRun(run);
  expect(await opened.evaluate(resolveDataset)).toEqual(metrics);
  expect([...opened.model.namedParameters()].every(([name]) => /lora_|classifier/.test(name))).toBe(true);
  opened.model.dispose();
  const config = JSON.parse(readFileSync(join(run, 'adapter', 'adapter_config.json'), 'utf8')) as unknown;
  expect(config).toMatchObject({ peft_type: 'LORA', task_type: 'SEQ_CLS', r: 4, modules_to_save: ['classifier'] });
  const base = await fromPretrained(model, BertForSequenceClassification, { newParameters: true });
  const lora = await loadAdapter(base, join(run, 'adapter'), new Generator(1));
  lora.dispose();
  base.dispose();
});

it('has other defaults for corrections, and takes what is given', async () => {
  const model = await writeBert(newPath());
  const settingsOf = async (options: Record<string, unknown>): Promise<unknown[]> => {
    let config: Readonly<Record<string, unknown>> = {};
    await startRun({
      recipe: 'finetune',
      folder: join(folder, `run-${++runs}`),
      overrides: [{ model, data: writeReviews(), steps: 1, ...options }],
      emit: (event) => void (event.event === 'start' && ({ config } = event)),
      resolveData: resolveDataset,
    });
    return [config['learningRate'], config['loraTargets']];
  };
  expect(await settingsOf({})).toEqual([5e-5, undefined]);
  expect(await settingsOf({ loraRank: 2 })).toEqual([1e-3, 'all-linear']);
  expect(await settingsOf({ loraRank: 2, learningRate: 0.1, loraTargets: ['query'] })).toEqual([0.1, ['query']]);
});

it('ends where it would have without an interruption, with dropout and checkpointed blocks', async () => {
  const options = {
    model: await writeBert(newPath()),
    data: writeReviews(),
    steps: 8,
    checkpointEvery: 4,
    gradientCheckpointing: true,
  };
  const whole = await finetune(options);
  const stop = new AbortController();
  const run = join(folder, `run-${++runs}`);
  const overrides = [{ batchSize: 16, learningRate: 0.01, warmupSteps: 0, ...options }];
  const emit = (event: TrainingEvent): void => {
    if (event.event === 'checkpoint' && event.step === 4) stop.abort();
  };
  await startRun({
    recipe: 'finetune',
    folder: run,
    overrides,
    emit,
    resolveData: resolveDataset,
    signal: stop.signal,
  });
  const resumed = await resumeRun({ folder: run, overrides: {}, emit, resolveData: resolveDataset });
  expect(resumed.metrics).toEqual(whole.metrics);
});

it('learns to go on with a text', async () => {
  const model = await writeGPT2(newPath());
  const data = join(folder, 'text.txt');
  writeFileSync(data, 'the plot is good a very bad film '.repeat(60));
  const { run, metrics } = await finetune({
    model,
    data,
    task: 'causal-lm',
    maximumLength: 16,
    batchSize: 4,
    epochs: 6,
  });
  expect(metrics['loss']).toBeLessThan(0.5);
  const opened = await openRun(run);
  const [answer] = await opened.predict(['the plot is']);
  expect(answer?.['prediction']).toMatch(/^ ?good a very bad film the plot/);
  const options = {
    prompt: 'the plot is good a very',
    tokens: 3,
    temperature: 0,
    topK: 0,
    generator: new Generator(1),
  };
  let written = '';
  for await (const piece of opened.generate?.(options) ?? []) written += piece;
  expect(written.trim()).toBe('bad film the');
  opened.model.dispose();
});

it('refuses a text that is too short to be split, by its name', async () => {
  const model = await writeGPT2(newPath());
  const data = join(folder, 'short.txt');
  writeFileSync(data, 'the plot');
  const learning = finetune({ model, data, task: 'causal-lm', steps: 1 });
  await expect(learning).rejects.toThrowCode('FINETUNE', /short\.txt" to have at least two tokens.*received 2 tokens/);
});

it('learns to answer', async () => {
  const model = await writeT5(newPath());
  const data = join(folder, 'pairs.tsv');
  const pairs = ['good\tbad', 'bad\tgood', 'film\tthe plot', 'the plot is\tfilm']; // of different lengths
  writeFileSync(data, Array.from({ length: 80 }, (_, i) => pairs[i % 4]).join('\n'));
  const { run, metrics } = await finetune({ model, data, task: 'seq2seq', batchSize: 8, epochs: 16, heldOut: 0.2 });
  expect(metrics['loss']).toBeLessThan(0.2);
  const opened = await openRun(run);
  const answers = [{ prediction: 'bad' }, { prediction: 'the plot' }, { prediction: 'film' }];
  expect(await opened.predict(['good', 'film', 'the plot is'])).toMatchObject(answers);
  opened.model.dispose();
});

it('refuses data with other classes', async () => {
  const { run } = await finetune({ model: await writeBert(newPath()), data: writeReviews(), steps: 1 });
  const other = join(folder, 'other.csv');
  writeFileSync(other, `text,label\n${'a,x\nb,y\n'.repeat(20)}`);
  const opened = await openRun(run);
  await expect(opened.evaluate(resolveDataset, other)).rejects.toThrow(/the classes negative, positive.*x, y/);
  opened.model.dispose();
});

it('refuses a family that does not learn the task', async () => {
  const model = await writeBert(newPath());
  const options = { model, data: writeReviews(), task: 'causal-lm', steps: 1 };
  await expect(finetune(options)).rejects.toThrow(/learns causal-lm: .*gpt2.*received bert/);
});

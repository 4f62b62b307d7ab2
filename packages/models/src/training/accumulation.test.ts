// SPDX-License-Identifier: Apache-2.0
// Tests that a step over several batches is, for every recipe, the step over all of their examples at once.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator, type Tensor } from '@nabla/core';
import { resolveDataset } from '@nabla/data';
import { SGD } from '@nabla/optimizers';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { writeBert, writeGPT2, writeT5 } from '../finetune/test-folders.ts';
import { SIZE, halves } from '../images/test-pictures.ts';
import { findRecipe, recipes } from '../registry.ts';
import { type RawConfiguration, resolveConfiguration } from './configuration.ts';
import type { Task } from './recipe.ts';
import type { TrainingSettings } from './settings.ts';
import { type StepResult, trainStep } from './train-step.ts';

useDevice(devices().find((device) => device.startsWith('cpu')) ?? 'js');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-accumulation-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join('\n'));
  return path;
}

const numbers = Array.from({ length: 40 }, (_, i) => i);
const words = (count: number): string => 'the plot is good a very bad film'.split(' ').slice(0, count).join(' ');

const table = (): string => file('table.csv', ['a,b,class', ...numbers.map((i) => `${i % 7},${i % 5},${i % 2}`)]);
const reviews = (): string =>
  file('reviews.csv', ['text,label', ...numbers.map((i) => `${words(1 + (i % 8))},${i % 3}`)]);
const pairs = (): string => file('pairs.tsv', numbers.map((i) => `${words(1 + (i % 5))}\t${words(1 + (i % 8))}`)); // prettier-ignore
const series = (): string => file('series.csv', ['time,value', ...numbers.map((i) => `${i},${(i * i) % 11}`)]);
const text = (): string => file('text.txt', ['the plot is good a very bad film '.repeat(25)]);

/** The sizes of the batch that is whole and of those that are accumulated. */
type Sizes = readonly [whole: number, part: number];

/** All examples of an epoch, and batches of which the last is smaller. */
const EPOCH: Sizes = [1000, 7];

/** Windows that are drawn one by one have no epoch. */
const DRAWN: Sizes = [8, 2];

const attention = { width: 16, heads: 2, layers: 1 };

type Case = readonly [
  name: string,
  recipe: string,
  sizes: Sizes,
  options: () => RawConfiguration | Promise<RawConfiguration>,
];

const CASES: readonly Case[] = [
  ['fnn', 'fnn', EPOCH, () => ({ data: table(), hidden: [8] })],
  ['cnn', 'cnn', EPOCH, () => ({ data: 'halves', channels: [4, 4], hidden: 8 })],
  ['attention', 'attention', EPOCH, () => ({ data: 'halves', width: 8 })],
  ['vit', 'vit', EPOCH, () => ({ data: 'halves', ...attention, patch: SIZE / 2, shift: 0 })],
  ['text-cnn', 'text-cnn', EPOCH, () => ({ data: reviews(), width: 8, filterWords: [2], filters: 8, folds: 4 })],
  ['rnn: characters', 'rnn', DRAWN, () => ({ data: text(), width: 8, context: 8 })],
  ['rnn: forecast', 'rnn', EPOCH, () => ({ task: 'forecast', data: series(), width: 8, context: 3, season: 2 })],
  ['transformer', 'transformer', DRAWN, () => ({ data: text(), ...attention, context: 8 })],
  ['translation', 'translation', EPOCH, () => ({ data: pairs(), ...attention, context: 64, vocabulary: 300, heldOut: 4 })], // prettier-ignore
  [
    'finetune: classification',
    'finetune',
    EPOCH,
    async () => ({ data: reviews(), model: await writeBert(join(folder, 'bert')) }),
  ],
  [
    'finetune: causal-lm',
    'finetune',
    EPOCH,
    async () => ({ task: 'causal-lm', data: text(), model: await writeGPT2(join(folder, 'gpt2')), maximumLength: 11 }),
  ],
  [
    'finetune: seq2seq',
    'finetune',
    EPOCH,
    async () => ({ task: 'seq2seq', data: pairs(), model: await writeT5(join(folder, 't5')) }),
  ],
];

/** The task of a recipe, without what is drawn in each step. */
async function prepare(name: string, options: RawConfiguration, batchSize: number): Promise<Task> {
  const recipe = findRecipe(name);
  const config = resolveConfiguration(name, recipe.schema, recipe.defaults, { ...options, batchSize });
  const { seed } = config as TrainingSettings;
  const resolveData = (data: string): ReturnType<typeof resolveDataset> =>
    data === 'halves' ? Promise.resolve(halves) : resolveDataset(data);
  const task = await recipe.prepare(config, new Generator(seed), resolveData);
  task.model.eval();
  return task;
}

/** What a step measures, and the parameters after it. */
function step(task: Task, accumulate: number): StepResult & { after: Tensor[] } {
  const parameters = task.model.parameters();
  const optimizer = new SGD(parameters, { learningRate: 1 });
  const result = trainStep(task, optimizer, { accumulate, clipNorm: 0 }, new Generator(0), 1);
  optimizer.dispose();
  return { ...result, after: parameters };
}

it.each(CASES)('%s', async (_, recipe, [whole, part], makeOptions) => {
  const options = await makeOptions();
  const tasks = [await prepare(recipe, options, whole), await prepare(recipe, options, part)] as const;
  try {
    const parts = Math.min(tasks[1].loader.batchesPerEpoch, whole / part);
    expect(parts).toBeGreaterThan(2);
    const [one, many] = [step(tasks[0], 1), step(tasks[1], parts)];
    expect(many.examples).toBe(one.examples);
    expect(many.loss / one.loss).toBeCloseTo(1, 5);
    expect(many.gradientNorm / one.gradientNorm).toBeCloseTo(1, 4);
    for (const [i, parameter] of many.after.entries()) {
      expect(parameter).toBeCloseToTensor(one.after[i] ?? [], tolerance('matmul', 64));
    }
  } finally {
    for (const { model } of tasks) model.dispose();
  }
});

it('is of every recipe', () => {
  expect(new Set(CASES.map(([, recipe]) => recipe))).toEqual(new Set(recipes.map(({ name }) => name)));
});

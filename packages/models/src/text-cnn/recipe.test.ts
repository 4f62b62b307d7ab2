// SPDX-License-Identifier: Apache-2.0
// Tests of the recipe text-cnn on a small language of praise and blame: it learns, is resumed exactly, and answers for texts.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readSafetensors, scopeAsync } from '@nabla/core';
import { LabelledDataset, type LabelledText, resolveDataset } from '@nabla/data';
import { devices, useDevice } from '@nabla/testing';

import type { RestoredModel } from '../training/recipe.ts';
import { openRun, resumeRun, startRun } from '../training/run.ts';
import type { TrainingResult } from '../training/trainer.ts';
import { textCnnDefaults } from './config.ts';
import { normalize, splitTexts } from './data.ts';

useDevice(devices().find((device) => device.startsWith('cpu')) ?? 'js');

let folder: string;
let data: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nabla-text-cnn-'));
  data = file('reviews.csv', REVIEWS);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is said of something is turned round by a word before it: no single word tells the class. */
const REVIEWS = ['the film', 'this play', 'its music', 'a book', 'the acting', 'that story'].flatMap((subject) =>
  ['good', 'fine', 'bad', 'dull'].flatMap((opinion, i) => [
    { text: `${subject} is really ${opinion} .`, label: i < 2 ? 'praise' : 'blame' },
    { text: `${subject} is not ${opinion} at all`, label: i < 2 ? 'blame' : 'praise' },
  ]),
);

function file(name: string, reviews: readonly { readonly text: string; readonly label: string }[]): string {
  const path = join(folder, name);
  writeFileSync(path, ['text,label', ...reviews.map(({ text, label }) => `${text},${label}`)].join('\n'));
  return path;
}

const SMALL = { width: 8, filterWords: [2, 3], filters: 8, batchSize: 8, folds: 4, validation: 0.2 };
const LEARNING = { ...SMALL, epochs: 40, learningRate: 0.02, evaluateEvery: 0, checkpointEvery: 0 };
const common = { emit: () => undefined, resolveData: resolveDataset };

async function train(run: string, options: object): Promise<TrainingResult> {
  return startRun({ recipe: 'text-cnn', folder: join(folder, run), overrides: [{ data }, { ...options }], ...common });
}

async function opened<T>(run: string, use: (model: RestoredModel) => Promise<T>): Promise<T> {
  const restored = await openRun(join(folder, run));
  try {
    return await use(restored);
  } finally {
    restored.model.dispose();
  }
}

it('learns what words that follow each other say, and answers for texts of the same classes', async () => {
  const { metrics } = await train('learned', LEARNING);
  expect(metrics['accuracy']).toBe(1);
  await opened('learned', async (model) => {
    expect(await model.evaluate(resolveDataset)).toEqual(metrics);
    const praise = file('praise.csv', [{ text: 'a film is really good', label: 'praise' }, ...REVIEWS.slice(1, 2)]);
    expect((await model.evaluate(resolveDataset, praise))['accuracy']).toBe(1);
    const other = file('other.csv', [{ text: 'a', label: 'x' }, ...REVIEWS.slice(0, 1)]);
    const refused = model.evaluate(resolveDataset, other);
    await expect(refused).rejects.toThrowCode('CLASSES', /classes blame, praise, received praise, x/);
    const answers = await model.predict(['The play is NOT bad at all', 'the play is really bad.', '', 'quux!']);
    expect(answers.map(({ input }) => input).slice(2)).toEqual(['', 'quux!']);
    expect(answers.map(({ prediction }) => prediction).slice(0, 2)).toEqual(['praise', 'blame']);
    expect(answers[0]).toMatchObject({ classes: [{ class: 'praise' }, { class: 'blame' }] });
    for (const { classes } of answers) {
      const chances = (classes as { chance: number }[]).map(({ chance }) => chance);
      expect(chances.reduce((total, chance) => total + chance, 0)).toBeCloseTo(1, 5);
    }
  });
});

it('ends where the uninterrupted training does, with the optimizer of the paper', async () => {
  const paper = { optimizer: 'adadelta', schedule: 'constant', learningRate: 1, beta2: 0.95 };
  const settings = { ...SMALL, ...paper, steps: 12, evaluateEvery: 5, checkpointEvery: 5 };
  const whole = await train('whole', settings);
  await train('halves', { ...settings, steps: 5 });
  const resumed = await resumeRun({ folder: join(folder, 'halves'), overrides: { steps: 12 }, ...common });
  expect(resumed.metrics).toEqual(whole.metrics);
  const weights = (run: string): Buffer => readFileSync(join(folder, run, 'model.safetensors'));
  expect(weights('halves')).toEqual(weights('whole'));
});

it('keeps the rows of its last layer short', async () => {
  const longest = async (run: string, maximumNorm: number): Promise<number> => {
    await train(run, { ...LEARNING, epochs: 4, maximumNorm });
    return scopeAsync(async () => {
      const { tensors } = await readSafetensors(join(folder, run, 'model.safetensors'));
      const [first = NaN, second = NaN] = tensors['fc.weight']?.square().sum(1).sqrt().dataSync() ?? [];
      return Math.max(first, second);
    });
  };
  expect(await longest('bounded', 0.25)).toBeLessThan(0.25 + 1e-6);
  expect(await longest('free', 0)).toBeGreaterThan(0.25);
});

describe('texts', () => {
  const texts = new LabelledDataset(
    Array.from({ length: 103 }, (_, i) => ({ text: `${i}`, label: i % 3 === 0 ? 1 : 0 })),
    ['a', 'b'],
  );
  const config = { ...textCnnDefaults, seed: 4 };
  const all = (part: { readonly length: number; get(i: number): LabelledText }): string[] =>
    Array.from({ length: part.length }, (_, i) => part.get(i).text);

  it('are each held out once, and never trained on or watched then', () => {
    const splits = Array.from({ length: 10 }, (_, fold) => splitTexts(texts, { ...config, fold }));
    expect(new Set(splits.flatMap(({ test }) => all(test))).size).toBe(103);
    for (const { train: learned, validation, test } of splits) {
      expect(new Set([...all(learned), ...all(validation), ...all(test)]).size).toBe(103);
      expect([10, 11]).toContain(test.length);
      expect([9, 10]).toContain(validation.length);
      const ones = all(test).filter((text) => Number(text) % 3 === 0);
      expect([3, 4]).toContain(ones.length); // a third, as of all
    }
  });

  it('are dealt by the seed alone', () => {
    const held = (changes: object): string[] => all(splitTexts(texts, { ...config, ...changes }).test);
    expect(held({})).toEqual(held({ validation: 0.3 }));
    expect(held({})).not.toEqual(held({ seed: 5 }));
  });

  it('are looked up in lower case, signs apart', () => {
    expect(normalize("Great  film,isn't it?")).toBe("great film , isn't it ?");
    expect(normalize(' \n')).toBe('');
  });
});

it('refuses a fold that there is not, and more folds than texts', async () => {
  await expect(train('fold', { fold: 10 })).rejects.toThrowCode('CONFIG', /fold to be below folds, received 10/);
  await expect(train('few', { folds: 60 })).rejects.toThrow(/to leave at least one example in each part/);
});

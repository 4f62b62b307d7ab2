// SPDX-License-Identifier: Apache-2.0
// Tests of the recipe translation: it learns a small language, is resumed exactly, evaluates and translates.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { resolveDataset } from '@nabla/data';
import { devices, useDevice } from '@nabla/testing';

import type { TrainingEvent } from '../training/events.ts';
import type { EvaluationProgress } from '../training/recipe.ts';
import { openRun, resumeRun, startRun } from '../training/run.ts';
import type { TrainingResult } from '../training/trainer.ts';

useDevice(devices().find((device) => device.startsWith('cpu')) ?? 'js');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-translation-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const SUBJECTS = [['the cat', 'le chat'], ['the dog', 'le chien'], ['the bird', "l'oiseau"], ['Tom', 'Tom']] as const; // prettier-ignore
const VERBS = [['sleeps', 'dort'], ['eats', 'mange'], ['runs', 'court'], ['sings', 'chante'], ['falls', 'tombe']] as const; // prettier-ignore
const ENDS = [['.', '.'], [' today.', " aujourd'hui."], [' here.', ' ici.'], ['!', ' !']] as const; // prettier-ignore

/** All sentences of a small language, a tab and the translation behind each. */
const LINES = SUBJECTS.flatMap(([subject, sujet]) =>
  VERBS.flatMap(([verb, verbe]) => ENDS.map(([end, fin]) => `${subject} ${verb}${end}\t${sujet} ${verbe}${fin}`)),
);

const SMALL = {
  layers: 1,
  heads: 2,
  width: 32,
  context: 16,
  vocabulary: 300,
  heldOut: 8,
  batchSize: 16,
  steps: 120,
  learningRate: 0.01,
  warmupSteps: 20,
  evaluateEvery: 60,
  checkpointEvery: 50,
  beams: 2,
};

let events: TrainingEvent[];
const emit = (event: TrainingEvent): void => void events.push(event);
const common = { emit, resolveData: resolveDataset };

async function train(run: string, options: object = {}, lines: readonly string[] = LINES): Promise<TrainingResult> {
  events = [];
  const data = join(folder, 'pairs.txt');
  writeFileSync(data, `${lines.join('\n')}\n`);
  const overrides = [{ ...SMALL, data }, { ...options }];
  return startRun({ recipe: 'translation', folder: join(folder, run), overrides, ...common });
}

it('learns to translate sentences that it has not seen, and can be asked', async () => {
  const { metrics } = await train('learned');
  expect(metrics['bleu']).toBeGreaterThan(60);
  expect(metrics['perplexity']).toBeCloseTo(Math.exp(metrics['loss'] ?? NaN), 6);
  const measured = events.filter(({ event }) => event === 'evaluate');
  expect(measured).toHaveLength(2);
  const opened = await openRun(join(folder, 'learned'));
  expect(await opened.evaluate(resolveDataset)).toEqual(metrics);
  const known = join(folder, 'known.txt');
  writeFileSync(known, `${LINES.slice(0, 70).join('\n')}\n`);
  const progress: [number, number][] = [];
  const onProgress = ({ done, total }: EvaluationProgress): void => void progress.push([done, total]);
  expect((await opened.evaluate(resolveDataset, known, onProgress))['bleu']).toBeGreaterThan(60);
  expect(progress).toEqual([[0, 70], [64, 70], [70, 70]]); // prettier-ignore
  const answers = await opened.predict(['the dog sings.', 'Tom sleeps today.']);
  expect(answers).toEqual([
    { input: 'the dog sings.', prediction: 'le chien chante.' },
    { input: 'Tom sleeps today.', prediction: "Tom dort aujourd'hui." },
  ]);
  await expect(opened.predict([''])).rejects.toThrowCode('TEXT', /from 1 to 15 tokens, received 0/);
  await expect(opened.predict(['cat '.repeat(30)])).rejects.toThrowCode('TEXT', /received \d+: "cat cat/);
  opened.model.dispose();
});

it('ends where the uninterrupted training does', async () => {
  const whole = await train('whole', { steps: 12, checkpointEvery: 5 });
  const data = join(folder, 'pairs.txt');
  await startRun({
    recipe: 'translation',
    folder: join(folder, 'halves'),
    overrides: [{ ...SMALL, data, steps: 5 }],
    ...common,
  });
  const resumed = await resumeRun({ folder: join(folder, 'halves'), overrides: { steps: 12 }, ...common });
  expect(resumed.metrics).toEqual(whole.metrics);
});

it('leaves out sentences of more words than asked for', async () => {
  const long = `${'the '.repeat(12)}end\tla fin`;
  const { metrics } = await train('short', { steps: 1, maximumWords: 5 }, [...LINES, long]);
  expect(metrics['loss']).toBeGreaterThan(0);
  await expect(train('none', { steps: 1, maximumWords: 1 })).rejects.toThrowCode('TEXT_PAIRS', /at most 1 words/);
});

it('refuses files that hold no pairs, and too much that is held out', async () => {
  await expect(train('broken', {}, ['no tab here'])).rejects.toThrowCode('TEXT_PAIRS', /line 1/);
  await expect(train('greedy', { heldOut: 50 })).rejects.toThrowCode('TEXT_PAIRS', /heldOut.*received 50 of 80/);
  await expect(train('heads', { heads: 3 })).rejects.toThrow(/heads to divide width, received 3/);
});

// SPDX-License-Identifier: Apache-2.0
// Tests of nabla cross-validate: each fold is held out once, the mean is that of the folds, and it goes on where it was left.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { EventLog } from '@nabla/models';

import { runCommandLine } from '../command-line.ts';
import type { Output } from '../output.ts';
import { type Ran, nabla, useFolder } from '../test-nabla.ts';

useFolder();

const FOLDS = 3;

beforeAll(() => {
  const rows = Array.from({ length: 30 }, (_, i) => `film ${i} is ${i % 2 === 0 ? 'good' : 'bad'},${i % 2}`);
  writeFileSync('films.csv', ['text,label', ...rows].join('\n'));
});

/** Options with which text-cnn trains in no time. */
const SETTINGS = `width=4 filterWords=[2] filters=2 batchSize=4 evaluateEvery=2 checkpointEvery=0 folds=${FOLDS}`;
const QUICK = ['--device', 'js', '--data', 'films.csv', ...SETTINGS.split(' ').flatMap((option) => ['--set', option])];

function crossValidate(folder: string, ...words: string[]): Promise<Ran> {
  return nabla('cross-validate', 'text-cnn', ...QUICK, '--out', folder, ...words);
}

interface Report {
  readonly event: string;
  readonly folds: readonly Readonly<Record<string, number>>[];
  readonly mean: Readonly<Record<string, number>>;
  readonly deviation: Readonly<Record<string, number>>;
}

/** The last line that was printed. */
function reportOf({ result }: Ran): Report {
  return JSON.parse(result.trimEnd().split('\n').at(-1) ?? '') as Report;
}

it('holds every fold out once and prints mean and deviation', async () => {
  const ran = await crossValidate('cv', '--steps', '4', '--json');
  expect(ran.status).toBe(0);
  const { event, folds, mean, deviation } = reportOf(ran);
  expect(event).toBe('cross-validate');
  const ends = Array.from({ length: FOLDS }, (_, fold) => {
    const events = EventLog.read(join('cv', `fold-${fold}`));
    expect(events[0]).toMatchObject({ config: { fold, folds: FOLDS, steps: 4 } });
    const last = events.at(-1);
    return last?.event === 'end' ? last.metrics : undefined;
  });
  expect(folds).toEqual(ends);
  const losses = folds.map(({ loss = NaN }) => loss);
  const average = losses.reduce((total, loss) => total + loss) / FOLDS;
  expect(mean['loss']).toBeCloseTo(average, 10);
  const squares = losses.reduce((total, loss) => total + (loss - average) ** 2, 0);
  expect(deviation['loss']).toBeCloseTo(Math.sqrt(squares / (FOLDS - 1)), 10);
});

it('prints a table', async () => {
  const { status, result } = await crossValidate('table', '--steps', '1');
  expect(status).toBe(0);
  const number = String.raw`[\d.e-]+`;
  const row = (title: string): string => `${title} +${number} +${number} *\n`;
  const titles = [...Array.from({ length: FOLDS }, (_, fold) => String(fold)), 'mean', 'deviation'];
  expect(result).toMatch(new RegExp(`fold +loss +accuracy *\n${titles.map(row).join('')}$`));
});

it('goes on where it was left, and measures the best weights where asked', async () => {
  const whole = await crossValidate('left', '--steps', '6', '--json');
  rmSync(join('left', 'fold-2'), { recursive: true });
  const before = readFileSync(join('left', 'fold-0', 'model.safetensors'));
  const again = await crossValidate('left', '--steps', '6', '--json');
  expect(reportOf(again)).toEqual(reportOf(whole));
  expect(readFileSync(join('left', 'fold-0', 'model.safetensors'))).toEqual(before);

  const best = await crossValidate('left', '--steps', '6', '--best', '--json');
  const { result } = await nabla('evaluate', join('left', 'fold-1'), '--best', '--device', 'js', '--json');
  expect(reportOf(best).folds[1]).toEqual((JSON.parse(result) as { metrics: unknown }).metrics);
});

it.each([
  [['cross-validate', 'fnn'], /the recipe to deal its data into folds, as text-cnn does, received fnn\. \[RECIPE\]/],
  [['cross-validate', 'text-cn'], /Did you mean "text-cnn"\? \[RECIPE\]/],
])('says what is wrong with %j', async (words, message) => {
  const { status, notes } = await nabla(...words);
  expect(status).toBe(1);
  expect(notes).toMatch(message);
});

it('refuses to go on with runs of other options', async () => {
  await crossValidate('other', '--steps', '1');
  const { status, notes } = await crossValidate('other', '--steps', '2');
  expect(status).toBe(1);
  expect(notes).toMatch(
    /the run other.fold-0 to have steps 2, received 1\. To start anew, name another folder\. \[EXISTS\]/,
  );
});

it('says how to go on with all folds when it is interrupted', async () => {
  const notes: string[] = [];
  let steps = 0;
  const output: Output = {
    result: (line) => {
      const { event } = JSON.parse(line) as { event: string };
      if (event === 'step' && ++steps === 1) process.emit('SIGINT');
    },
    note: (line) => void notes.push(line),
    piece: () => undefined,
    terminal: undefined,
  };
  const words = ['cross-validate', 'text-cnn', ...QUICK, '--out', 'stopped', '--steps', '400', '--json'];
  expect(await runCommandLine(words, output, Readable.from([]))).toBe(130);
  expect(notes.at(-1)).toBe('To go on with all folds: the same command with --out stopped');
});

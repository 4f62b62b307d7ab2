// SPDX-License-Identifier: Apache-2.0
// Tests of the recipe fnn: it learns, and answers for the rows of its table and of others.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { resolveDataset } from '@nabla/data';
import { useDevice } from '@nabla/testing';

import type { RestoredModel } from '../training/recipe.ts';
import { openRun, startRun } from '../training/run.ts';
import type { TrainingResult } from '../training/trainer.ts';

useDevice('js');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-fnn-'))));
afterAll(() => rmSync(folder, { recursive: true }));

let runs = 0;
let run: string;

async function train(options: Record<string, unknown>): Promise<TrainingResult> {
  run = join(folder, `run-${++runs}`);
  const [emit, resolveData] = [(): void => undefined, resolveDataset];
  return startRun({ recipe: 'fnn', folder: run, overrides: [options], emit, resolveData });
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Animals: long ones are snakes. */
function animals(separator = ','): string {
  const rows = Array.from({ length: 40 }, (_, i) => {
    return [i % 2 === 0 ? 9 + i / 100 : 1 - i / 100, i % 5, i % 2 === 0 ? 'snake' : 'cat'].join(separator);
  });
  return [['length', 'legs', 'animal'].join(separator), ...rows].join('\n');
}

async function opened<T>(use: (model: RestoredModel) => Promise<T>): Promise<T> {
  const restored = await openRun(run);
  try {
    return await use(restored);
  } finally {
    restored.model.dispose();
  }
}

it('learns to tell tumours apart', async () => {
  const { metrics, steps } = await train({ seed: 1 });
  expect(steps).toBe(300); // 20 epochs of 15 batches
  expect(metrics['accuracy']).toBeGreaterThan(0.94);
  expect(metrics['macroF1']).toBeGreaterThan(0.93);
  expect(metrics['loss']).toBeLessThan(0.2);
  const again = await opened((model) => model.evaluate(resolveDataset));
  expect(again).toEqual(metrics);
});

describe('a table of one’s own', () => {
  const small = { epochs: 30, batchSize: 8, hidden: [8], weightDecay: 0.01 };

  it('is learnt, and answered for', async () => {
    const { metrics } = await train({ ...small, data: file('animals.csv', animals()) });
    expect(metrics['accuracy']).toBe(1);
    const [snake, cat] = await opened((model) => model.predict(['9,2', ' 1 , 2 ']));
    expect(snake).toMatchObject({ input: '9,2', prediction: 'snake', classes: [{ class: 'cat' }, { class: 'snake' }] });
    expect(cat).toMatchObject({ prediction: 'cat' });
    const chances = (snake?.['classes'] as { chance: number }[]).map(({ chance }) => chance);
    expect(chances[0] + chances[1]).toBeCloseTo(1, 5);
  });

  it('can have its own form', async () => {
    const content = animals(';').split('\n').slice(1).join('\n');
    await train({ ...small, epochs: 1, data: file('plain.csv', content), header: 'none', delimiter: ';' });
  });

  it('is compared with another by class names, not by their order', async () => {
    await train({ ...small, data: file('animals.csv', animals()) });
    const other = file('snakes.csv', 'length,legs,animal\n9,0,snake\n8,1,snake\n');
    expect(await opened((model) => model.evaluate(resolveDataset, other))).toMatchObject({ accuracy: 1 });
  });

  it('refuses another with other columns or classes', async () => {
    await train({ ...small, epochs: 1, data: file('animals.csv', animals()) });
    const columns = file('columns.csv', 'length,feet,animal\n9,0,snake\n');
    await expect(opened((model) => model.evaluate(resolveDataset, columns))).rejects.toThrowCode(
      'COLUMNS',
      /columns\.csv" to have the feature columns length, legs, as the model was trained on, received length, feet\./,
    );
    const classes = file('classes.csv', 'length,legs,animal\n9,0,dog\n');
    await expect(opened((model) => model.evaluate(resolveDataset, classes))).rejects.toThrowCode('CSV', /cat, snake/);
  });

  it.each([
    [
      '1',
      'expected every input to be 2 numbers with commas between them, received 1 in "1". The columns are: length, legs.',
    ],
    ['1,x', 'received "x" as legs.'],
    ['1,', 'received "" as legs.'],
  ])('refuses the row %j', async (input, message) => {
    await train({ ...small, epochs: 1, data: file('animals.csv', animals()) });
    await expect(opened((model) => model.predict([input]))).rejects.toThrow(message);
  });

  it.each([
    [
      'missing',
      join('nowhere', 'x.csv'),
      /"nowhere\/x\.csv" to be a file or the name of a data set, received no such file/,
    ],
    ['empty', () => file('empty.csv', ''), /empty\.csv/],
    ['one class only', () => file('one.csv', 'a,b\n1,x\n2,x\n3,x'), /to have at least two classes, received x/],
    ['too short to split', () => file('short.csv', 'a,b\n1,x\n2,y\n'), /to leave at least one example in each part/],
    ['not numbers', () => file('words.csv', 'a,b\n1,x\noops,y\n'), /words\.csv, line 3/],
  ])('that is %s is refused', async (_, data, message) => {
    await expect(train({ data: typeof data === 'string' ? data : data() })).rejects.toThrow(message);
  });
});

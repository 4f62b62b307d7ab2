// SPDX-License-Identifier: Apache-2.0
// Tests of the recipes for images on pictures whose bright half says the class: they learn, answer, and show where they looked.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator } from '@nabla/core';
import { type Image, type ResolvedDataset, readImage, resolveDataset, writeImage } from '@nabla/data';
import { useDevice } from '@nabla/testing';

import type { RawConfiguration } from '../training/configuration.ts';
import type { RestoredModel } from '../training/recipe.ts';
import { openRun, resumeRun, startRun } from '../training/run.ts';
import { SIZE, halves, picture } from './test-pictures.ts';

useDevice('js');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-images-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** Networks small enough for a test. */
const SMALL: Readonly<Record<string, RawConfiguration>> = {
  cnn: { channels: [4, 4], hidden: 8 },
  attention: { width: 8 },
  vit: { width: 8, heads: 2, layers: 1, patch: SIZE / 2, shift: 0 },
};

async function train(recipe: string, name: string): Promise<{ run: string; accuracy: number | undefined }> {
  const run = join(folder, name);
  const small = SMALL[recipe];
  const overrides = [{ data: 'halves', epochs: 6, batchSize: 8, learningRate: 0.02, warmupSteps: 0, ...small }];
  const resolveData = (): Promise<ResolvedDataset> => Promise.resolve(halves);
  const { metrics } = await startRun({ recipe, folder: run, overrides, emit: () => undefined, resolveData });
  return { run, accuracy: metrics['accuracy'] };
}

async function opened<T>(run: string, use: (model: RestoredModel) => Promise<T>): Promise<T> {
  const restored = await openRun(run);
  try {
    return await use(restored);
  } finally {
    restored.model.dispose();
  }
}

async function pictureFile(label: number): Promise<string> {
  const path = join(folder, `picture-${label}.png`);
  const pixels = Float32Array.from(picture(label, new Generator(3)), (byte) => byte / 255);
  const image: Image = { height: SIZE, width: SIZE, channels: 1, pixels };
  await writeImage(path, image);
  return path;
}

describe.each(['cnn', 'attention', 'vit'])('the recipe %s', (recipe) => {
  it('learns, and answers for image files', async () => {
    const { run, accuracy } = await train(recipe, `${recipe}-learns`);
    expect(accuracy).toBe(1);
    const files = [await pictureFile(0), await pictureFile(1)];
    const answers = await opened(run, (model) => model.predict(files));
    expect(answers.map(({ prediction }) => prediction)).toEqual(['left', 'right']);
    expect(answers[0]).toMatchObject({ input: files[0], classes: [{ class: 'left' }, { class: 'right' }] });
    const again = await opened(run, (model) => model.evaluate(() => Promise.resolve(halves)));
    expect(again['accuracy']).toBe(1);
  });

  it('refuses a file that is no image, and data that are no images', async () => {
    const { run } = await train(recipe, `${recipe}-refuses`);
    const text = join(folder, 'text.png');
    writeFileSync(text, 'text');
    await expect(opened(run, (model) => model.predict([text]))).rejects.toThrowCode('IMAGE', /text\.png/);
    const other = (model: RestoredModel): Promise<unknown> => model.evaluate(resolveDataset, 'breast-cancer');
    await expect(opened(run, other)).rejects.toThrowCode('DATASET_KIND', /data set of images/);
  });
});

it.each([
  [{ patch: 3 }, /patch to divide the height 8 and the width 8/],
  [{ heads: 3 }, /heads to divide width/],
])('vit refuses %j, which does not fit', async (options, message) => {
  const overrides = [{ data: 'halves', ...SMALL['vit'], ...options }];
  const resolveData = (): Promise<ResolvedDataset> => Promise.resolve(halves);
  const started = startRun({
    recipe: 'vit',
    folder: join(folder, 'refused'),
    overrides,
    emit: () => undefined,
    resolveData,
  });
  await expect(started).rejects.toThrowCode('CONFIG', message);
});

it('images that are moved while training are moved alike by a training that is resumed', async () => {
  const resolveData = (): Promise<ResolvedDataset> => Promise.resolve(halves);
  const common = { emit: () => undefined, resolveData };
  const weightsAfter = async (name: string, shift: number, ...lengths: readonly number[]): Promise<Buffer> => {
    const run = join(folder, name);
    const overrides = [{ data: 'halves', ...SMALL['vit'], batchSize: 8, schedule: 'constant', warmupSteps: 0, shift }];
    const [first, ...others] = lengths;
    await startRun({ recipe: 'vit', folder: run, overrides: [...overrides, { steps: first }], ...common });
    for (const steps of others) await resumeRun({ folder: run, overrides: { steps }, ...common });
    return readFileSync(join(run, 'model.safetensors'));
  };
  const whole = await weightsAfter('moved', 2, 9);
  expect(await weightsAfter('moved-again', 2, 4, 9)).toEqual(whole);
  expect(await weightsAfter('unmoved', 0, 9)).not.toEqual(whole);
});

it('attention draws where it looked over the image', async () => {
  const { run } = await train('attention', 'draws');
  const [answer] = await opened(run, async (model) => model.predict([await pictureFile(1)]));
  const path = String(answer?.['attention']);
  expect(existsSync(path)).toBe(true);
  const drawn = await readImage(path);
  expect([drawn.height, drawn.width]).toEqual([10 * SIZE, 10 * SIZE]);
  const red = drawn.pixels.filter((_, i) => i % 3 === 0);
  expect(Math.max(...red)).toBeGreaterThan(0.9);
});

// SPDX-License-Identifier: Apache-2.0
// Tests of folders of images that are read when they are asked for.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator } from '@nabla/core';
import { AsyncDataLoader } from '../async-loader.ts';
import type { ImageExample } from '../image.ts';
import { DataLoader } from '../loader.ts';
import { RandomSampler } from '../sampler.ts';
import { ImageFolderDataset } from './image-folder-dataset.ts';
import { readImageFolder } from './image-folder.ts';
import { writeImage } from './image-file.ts';

const options = { size: [4, 5] as const, channels: 3 as const };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-images-'));
  const generator = new Generator(3);
  for (const [name, count] of [['cat', 5] as const, ['dog', 6] as const]) {
    await mkdir(join(folder, name));
    for (let i = 0; i < count; i++) {
      const [height, width] = [1 + generator.integer(9), 1 + generator.integer(9)];
      const pixels = Float32Array.from({ length: height * width * 3 }, () => generator.integer(256) / 255);
      await writeImage(join(folder, name, `${i}.png`), { height, width, channels: 3, pixels });
    }
  }
});
afterEach(() => rm(folder, { recursive: true }));

const collate = (examples: readonly ImageExample[]): [number, ...number[]][] =>
  examples.map(({ image, label }) => [label, ...image.pixels]);
const shuffled = { batchSize: 3, collate };
const sampler = (): RandomSampler => new RandomSampler(11, { generator: new Generator(1) });

describe('ImageFolderDataset', () => {
  it('has the images of readImageFolder', async () => {
    const [files, memory] = [await ImageFolderDataset.open(folder, options), await readImageFolder(folder, options)];
    expect([files.length, files.classes, [...files.labels]]).toEqual([11, memory.classes, [...memory.labels]]);
    for (let i = 0; i < files.length; i++) expect(await files.get(i)).toEqual(memory.get(i));
    await expect(files.get(11)).rejects.toThrow('ImageFolderDataset.get: expected index');
  });

  it('gives the same batches read ahead as from memory', async () => {
    const files = await ImageFolderDataset.open(folder, options);
    const loader = new AsyncDataLoader(files, { ...shuffled, sampler: sampler() });
    const memory = new DataLoader(await readImageFolder(folder, options), { ...shuffled, sampler: sampler() });
    for (let i = 0; i < 10; i++) expect(await loader.next()).toEqual(memory.next());
  });

  it('names the file that is damaged, or gone since it was found', async () => {
    const files = await ImageFolderDataset.open(folder, options);
    await writeFile(join(folder, 'cat', '4.png'), 'no image');
    await rm(join(folder, 'dog', '0.png'));
    const loader = new AsyncDataLoader(files, { batchSize: 4, collate });
    expect(await loader.next()).toHaveLength(4);
    await expect(loader.next()).rejects.toThrow(join(folder, 'cat', '4.png'));
    await expect(files.get(4)).rejects.toMatchObject({ code: 'IMAGE' });
    await expect(files.get(5)).rejects.toMatchObject({ code: 'FILE' });
  });

  it('refuses folders and options as readImageFolder does, in its own name', async () => {
    const open = (path: string, more = {}): Promise<unknown> => ImageFolderDataset.open(path, { ...options, ...more });
    await expect(open(join(folder, 'no'))).rejects.toThrow(/^ImageFolderDataset: .* received no such file/);
    await expect(open(folder, { classes: ['cat'] })).rejects.toThrow(/^ImageFolderDataset: .* received "dog"/);
    await expect(open(folder, { sise: 1 })).rejects.toThrow('Did you mean "size"?');
    await expect(open(join(folder, 'cat'))).rejects.toThrow('to have a folder for each class, received none');
  });
});

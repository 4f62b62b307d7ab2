// SPDX-License-Identifier: Apache-2.0
// Tests of folders of images: order, classes, and everything that can be wrong with them.

import promises, { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ImageDataset } from '../image-dataset.ts';
import { writeImage } from './image-file.ts';
import { type ImageFolderOptions, findImages, readImageFolder } from './image-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-images-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** An image of one colour, in steps of 1/255. */
async function put(path: string, colour: number, [height, width] = [2, 3]): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeImage(join(folder, path), {
    height,
    width,
    channels: 3,
    pixels: new Float32Array(height * width * 3).fill(colour / 255),
  });
}
const read = (options: Partial<ImageFolderOptions> = {}): Promise<ImageDataset> =>
  readImageFolder(folder, { size: [2, 3], ...options });
const colours = (images: ImageDataset): number[] =>
  Array.from({ length: images.length }, (_, i) => Math.round(images.get(i).image.pixels[0] * 255));

describe('readImageFolder', () => {
  it('reads classes and images in the order of their names, folders below a class too', async () => {
    await put('dog/b.png', 30);
    await put('cat/2.png', 20);
    await put('cat/10.PNG', 10);
    await put('dog/a/z.webp', 40);
    await writeFile(join(folder, 'cat', 'notes.txt'), 'two cats');
    await writeFile(join(folder, 'README.md'), 'animals');
    await mkdir(join(folder, '.hidden'));
    const images = await read();
    expect([images.classes, images.shape, [...images.labels]]).toEqual([
      ['cat', 'dog'],
      [2, 3, 3],
      [0, 0, 1, 1],
    ]);
    const [first, second, third, fourth] = colours(images);
    expect([first, second, fourth]).toEqual([10, 20, 30]);
    expect(Math.abs(third - 40)).toBeLessThan(4); // webp is not exact
  });

  it('stretches images to the size and gives the channels that are asked for', async () => {
    for (let i = 0; i < 9; i++) await put(`a/${i}.png`, 7 * i, [1 + i, 9 - i]);
    const images = await read({ size: [4, 5], channels: 1 });
    expect(images.shape).toEqual([4, 5, 1]);
    expect(colours(images)).toEqual([0, 7, 14, 21, 28, 35, 42, 49, 56]);
  });

  it('takes the ids of classes that are given', async () => {
    await put('dog/b.png', 30);
    await put('cat/2.png', 20);
    const images = await read({ classes: ['dog', 'cat'] });
    expect([images.classes, colours(images)]).toEqual([
      ['dog', 'cat'],
      [30, 20],
    ]);
    await expect(read({ classes: ['dog'] })).rejects.toThrow(
      `expected ${folder} to have the classes dog, received "cat"`,
    );
    await expect(read({ classes: ['dog', 'cat', 'cow'] })).rejects.toThrow(
      `expected ${join(folder, 'cow')} to be a folder that can be read, received no such file`,
    );
  });

  it('lists more images than a call takes arguments', async () => {
    const many = 150_000; // of which none is read: only their names are
    const entryOf = (name: string, isFolder: boolean): object => ({ name, isDirectory: () => isFolder });
    const list = jest.spyOn(promises, 'readdir').mockImplementation((path) => {
      const inClass = Array.from({ length: many }, (_, i) => entryOf(`${i}.png`, false));
      const entries =
        path === folder ? [entryOf('a', true)] : path === join(folder, 'a') ? [entryOf('b', true)] : inClass;
      return Promise.resolve(entries as never);
    });
    try {
      const { files } = await findImages('readImageFolder', folder, { size: [1, 1] });
      expect(files).toHaveLength(many);
      expect(files.at(-1)?.label).toBe(0);
    } finally {
      list.mockRestore();
    }
  });

  it('names an image that is damaged', async () => {
    await put('a/1.png', 30);
    await writeFile(join(folder, 'a', '2.png'), 'no image');
    await expect(read()).rejects.toThrow(`expected ${join(folder, 'a', '2.png')} to be an image`);
  });

  it('refuses folders without classes or images, and wrong options', async () => {
    await expect(read()).rejects.toThrow(
      'to have a folder for each class, received none. Its form is: <folder>/<class>',
    );
    await mkdir(join(folder, 'empty'));
    await expect(read()).rejects.toMatchObject({ code: 'IMAGE_FOLDER' });
    await expect(read()).rejects.toThrow(`expected ${join(folder, 'empty')} to have images (.png, .jpg`);
    await expect(readImageFolder(join(folder, 'none'), { size: [1, 1] })).rejects.toThrow('received no such file');
    await expect(read({ size: [0, 1] })).rejects.toThrow('size to be an integer >= 1');
    await expect(read({ sise: 1 } as object)).rejects.toThrow('Did you mean "size"?');
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of image files: what is written is read again, and what is no image is refused.

import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useDevice } from '@nabla/testing';
import fc from 'fast-check';

import type { Image } from '../image.ts';
import { readImage, writeImage } from './image-file.ts';

useDevice('js');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-images-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** An image of bytes: the numbers that a file can hold. */
function imageOf(height: number, width: number, channels: 1 | 3 | 4, byte: (i: number) => number): Image {
  const pixels = Float32Array.from({ length: height * width * channels }, (_, i) => byte(i) / 255);
  return { height, width, channels, pixels };
}

it.each([1, 3, 4] as const)('a PNG of %i channels comes back as it was', async (channels) => {
  const path = join(folder, `${channels}.png`);
  const image = imageOf(3, 5, channels, (i) => (channels === 4 && i % 4 === 3 ? 255 : (i * 37) % 256));
  await writeImage(path, image);
  expect(await readImage(path, { channels })).toEqual(image);
});

it.each(['jpg', 'webp'])('a .%s comes back nearly as it was', async (ending) => {
  const path = join(folder, `smooth.${ending}`);
  const image = imageOf(16, 16, 3, (i) => 60 + Math.floor(i / 48) * 8);
  await writeImage(path, image);
  const again = await readImage(path);
  expect([again.height, again.width, again.channels]).toEqual([16, 16, 3]);
  again.pixels.forEach((value, i) => expect(Math.abs(value - image.pixels[i])).toBeLessThan(0.05));
});

it('is stretched to a size, and made grey', async () => {
  const path = join(folder, 'white.png');
  await writeImage(
    path,
    imageOf(4, 8, 3, () => 255),
  );
  expect(await readImage(path, { channels: 1, size: [2, 3] })).toEqual(imageOf(2, 3, 1, () => 255));
});

it('shows white where an image is transparent', async () => {
  const path = join(folder, 'transparent.png');
  await writeImage(
    path,
    imageOf(1, 1, 4, () => 0),
  );
  expect((await readImage(path)).pixels).toEqual(Float32Array.of(1, 1, 1));
});

it('cuts off what no byte can hold', async () => {
  const path = join(folder, 'bright.png');
  await writeImage(path, { height: 1, width: 2, channels: 1, pixels: Float32Array.of(-1, 7) });
  expect((await readImage(path, { channels: 1 })).pixels).toEqual(Float32Array.of(0, 1));
});

it('refuses a file that is missing, is no image, or is cut short, and names it', async () => {
  await expect(readImage(join(folder, 'nowhere.png'))).rejects.toThrowCode('FILE', /nowhere\.png/);
  const text = join(folder, 'text.png');
  writeFileSync(text, 'this is no image');
  await expect(readImage(text)).rejects.toThrowCode('IMAGE', /text\.png to be an image/);
  const whole = join(folder, 'whole.png');
  await writeImage(
    whole,
    imageOf(40, 40, 3, (i) => (i * 97) % 256),
  );
  const bytes = readFileSync(whole);
  writeFileSync(whole, bytes.subarray(0, bytes.length / 2));
  await expect(readImage(whole)).rejects.toThrowCode('IMAGE', /whole\.png/);
});

it('refuses an ending that it cannot write, and impossible channels', async () => {
  const image = imageOf(1, 1, 1, () => 0);
  await expect(writeImage(join(folder, 'a.xyz'), image)).rejects.toThrowCode('IMAGE', /a\.xyz/);
  await expect(writeImage(join(folder, 'a.png'), { ...image, channels: 2 })).rejects.toThrowCode(
    'ARGUMENT',
    /channels/,
  );
});

it('gives an image or an error for any bytes', async () => {
  const path = join(folder, 'any.png');
  await writeImage(
    path,
    imageOf(6, 6, 3, (i) => i * 2),
  );
  const good = readFileSync(path);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: good.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      async (at, byte) => {
        const damaged = Buffer.from(good);
        damaged[at] = byte;
        writeFileSync(path, damaged);
        const result = await readImage(path).catch((error: { code: string }) => error.code);
        if (typeof result === 'string') expect(result).toBe('IMAGE');
        else expect(result.pixels.length).toBe(result.height * result.width * 3);
      },
    ),
    { seed: 1, numRuns: 60 },
  );
});

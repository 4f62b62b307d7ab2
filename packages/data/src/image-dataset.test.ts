// SPDX-License-Identifier: Apache-2.0
// Tests of images in memory, their batches, and MNIST.

import { ShapeError } from '@nabla/core';
import { collateImages } from './collate.ts';
import type { ImageExample } from './image.ts';
import { ImageDataset, type ImageDatasetOptions } from './image-dataset.ts';
import { loadImages, loadText } from './load.ts';
import { DataLoader } from './loader.ts';
import { resolveDataset } from './resolve.ts';

const options: ImageDatasetOptions = {
  pixels: Uint8Array.from({ length: 18 }, (_, i) => 15 * i),
  shape: [1, 3, 2],
  labels: Int32Array.of(1, 0, 1),
  classes: ['cat', 'dog'],
};

describe('ImageDataset', () => {
  it('gives images from 0 to 1, with memory of their own', () => {
    const images = new ImageDataset(options);
    const { image, label } = images.get(2);
    expect([images.length, label, image.height, image.width, image.channels]).toEqual([3, 1, 1, 3, 2]);
    expect(image.pixels).toEqual(Float32Array.from([12, 13, 14, 15, 16, 17], (i) => (15 * i) / 255));
    image.pixels.fill(7);
    expect(images.get(2).image.pixels[5]).toBe(1);
  });

  it('leaves numbers as they are', () => {
    const images = new ImageDataset({ ...options, pixels: Float32Array.from({ length: 18 }, (_, i) => i - 9) });
    expect([...images.get(0).image.pixels]).toEqual([-9, -8, -7, -6, -5, -4]);
  });

  it.each<[Partial<ImageDatasetOptions>, string]>([
    [
      { pixels: new Uint8Array(17) },
      'expected pixels to have 3 images of [1, 3, 2] (one image for each label), received 17',
    ],
    [{ shape: [0, 3, 2] }, 'height to be an integer >= 1'],
    [{ shape: [1, 1.5, 2] }, 'width to be an integer >= 1'],
    [{ shape: [1, 3, -2] }, 'channels to be an integer >= 1'],
    [{ labels: Int32Array.of(0, 2, 0) }, 'expected labels to be ids of classes, 0 to 1, received 2 at image 1'],
    [{ labels: Int32Array.of(0, 0, -1) }, 'received -1 at image 2'],
  ])('refuses %j', (change, message) => {
    expect(() => new ImageDataset({ ...options, ...change })).toThrow(message);
  });

  it.each([-1, 3, 1.5, NaN])('refuses the index %p', (index) => {
    expect(() => new ImageDataset(options).get(index)).toThrow('ImageDataset.get: expected index');
  });
});

describe('collateImages', () => {
  const example = (height: number, width: number, channels: number, label: number): ImageExample => ({
    image: { height, width, channels, pixels: new Float32Array(height * width * channels).fill(label) },
    label,
  });

  it('makes tensors', () => {
    const { images, labels } = collateImages([example(2, 1, 3, 4), example(2, 1, 3, 5)]);
    expect([images.shape, images.dtype, labels.shape, labels.dtype]).toEqual([[2, 2, 1, 3], 'float32', [2], 'int32']);
    expect([...images.dataSync()]).toEqual([4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5]);
    expect([...labels.dataSync()]).toEqual([4, 5]);
    images.dispose();
    labels.dispose();
  });

  it.each([[example(1, 2, 3, 0)], [example(2, 3, 1, 0)]])('refuses images of several shapes', (other) => {
    const collate = (): unknown => collateImages([example(2, 1, 3, 0), example(2, 1, 3, 0), other]);
    expect(collate).toThrow(ShapeError);
    expect(collate).toThrow('expected image 2 of shape [2, 1, 3]');
  });
});

describe('mnist', () => {
  it.each([
    ['train', 60000, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], [5, 0, 4, 1, 9]],
    ['test', 10000, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009], [7, 2, 1, 0, 4]],
  ])('has the published counts in its part %s', async (part, length, counts, first) => {
    const images = await loadImages(await resolveDataset('mnist', { offline: true }), part);
    expect([images.length, images.shape, images.classes.length]).toEqual([length, [28, 28, 1], 10]);
    expect(images.classes.map((_, id) => images.labels.filter((label) => label === id).length)).toEqual(counts);
    expect([...images.labels.subarray(0, 5)]).toEqual(first);
  });

  it('has the published mean and standard deviation, 0.1307 and 0.3081', async () => {
    const { pixels } = await loadImages(await resolveDataset('mnist', { offline: true }), 'train');
    let sum = 0;
    let squares = 0;
    for (const pixel of pixels) {
      sum += pixel;
      squares += pixel * pixel;
    }
    const mean = sum / pixels.length / 255;
    expect(mean).toBeCloseTo(0.1307, 4);
    expect(Math.sqrt(squares / pixels.length / 255 ** 2 - mean ** 2)).toBeCloseTo(0.3081, 4);
  });

  it('makes batches', async () => {
    const dataset = await loadImages(await resolveDataset('mnist', { offline: true }), 'test');
    const { images, labels } = new DataLoader(dataset, { batchSize: 64, collate: collateImages }).next();
    expect([images.shape, labels.shape]).toEqual([[64, 28, 28, 1], [64]]);
    images.dispose();
    labels.dispose();
  });

  it('refuses other parts, other kinds and files', async () => {
    const found = await resolveDataset('mnist', { offline: true });
    await expect(loadImages(found, 'tset')).rejects.toThrow('part to be one of "train", "test", received "tset"');
    await expect(loadText(found)).rejects.toThrow('expected "mnist" to be a text, received a data set of images');
    await expect(loadImages(await resolveDataset('breast-cancer'), 'train')).rejects.toThrow(
      'expected "breast-cancer" to be a data set of images, received a table. Of that kind are: cifar-10, fashion-mnist, mnist.',
    );
    await expect(loadImages({ ...found, files: [found.files[2]] }, 'train')).rejects.toThrow(
      'expected "mnist" to have been resolved with the part "train", received no train-images-idx3-ubyte',
    );
  });
});

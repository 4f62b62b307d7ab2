// SPDX-License-Identifier: Apache-2.0
// What a transform of an image is, several one after the other, and batches of transformed images.

import type { Generator } from '@nabla/core';
import { type ImageBatch, collateImages } from '../collate.ts';
import type { Image, ImageExample } from '../image.ts';

/** Makes a new image of an image, which it leaves as it is. What it draws comes from the generator alone. */
export type ImageTransform = (image: Image, generator: Generator) => Image;

/**
 * One transform after the other, the first first.
 *
 * @example
 * const small = compose(centerCrop(2, 2), resize(1, 1));
 * const image = { height: 4, width: 2, channels: 1, pixels: Float32Array.of(9, 9, 1, 2, 3, 4, 9, 9) };
 * [...small(image, new Generator(0)).pixels]; // [2.5]
 */
export function compose(...transforms: readonly ImageTransform[]): ImageTransform {
  return (image, generator) => transforms.reduce((result, transform) => transform(result, generator), image);
}

/**
 * A `collate` for loaders that transforms each image. Give the loader a generator, too: what is drawn then differs from epoch to
 * epoch, and a resumed loader draws the same as one that was never interrupted.
 *
 * @example
 * const images = new ImageDataset({
 *   pixels: Uint8Array.of(0, 255),
 *   shape: [1, 2, 1],
 *   labels: Int32Array.of(0),
 *   classes: ['a'],
 * });
 * const collate = collateTransformed(compose(randomHorizontalFlip(1)));
 * new DataLoader(images, { batchSize: 1, collate, generator: new Generator(7) }).next().images; // [[[[1], [0]]]]
 */
export function collateTransformed(
  transform: ImageTransform,
): (examples: readonly ImageExample[], generator: Generator) => ImageBatch {
  return (examples, generator) =>
    collateImages(examples.map(({ image, label }) => ({ image: transform(image, generator), label })));
}

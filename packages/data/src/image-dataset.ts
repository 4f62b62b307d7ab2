// SPDX-License-Identifier: Apache-2.0
// Images of one size in memory, each with the class it belongs to.

import { ArgumentError, checkInteger, checkOptions } from '@nabla/core';
import { type Dataset, checkIndex } from './dataset.ts';
import type { ImageExample } from './image.ts';

/** Images of one size and their labels. */
export interface ImageArrays {
  /** `[images, height, width, channels]`, one after the other: bytes from 0 to 255, or numbers that are used as they are. */
  readonly pixels: Uint8Array | Float32Array;
  /** `[height, width, channels]` of each image. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** `[images]`: the class id of each image. */
  readonly labels: Int32Array;
}

/** What a data set of images is made of. */
export interface ImageDatasetOptions extends ImageArrays {
  /** Names of the classes: class id 0 is the first. */
  readonly classes: readonly string[];
}

/**
 * Images of one size with class labels, held in memory. Bytes stay bytes, a quarter of what float32 would take, and become
 * numbers from 0 to 1, `byte / 255`, when an image is asked for.
 *
 * @throws {ArgumentError} the arrays do not fit together, or a label is not the id of a class
 * @example
 * const images = new ImageDataset({
 *   pixels: Uint8Array.of(0, 255, 51, 0),
 *   shape: [1, 2, 1],
 *   labels: Int32Array.of(1, 0),
 *   classes: ['cat', 'dog'],
 * });
 * [[...images.get(0).image.pixels], images.get(0).label]; // [[0, 1], 1]
 */
export class ImageDataset implements Dataset<ImageExample> {
  readonly pixels: Uint8Array | Float32Array; // [images, height, width, channels]
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly labels: Int32Array; // [images]
  readonly classes: readonly string[];

  constructor(options: ImageDatasetOptions) {
    const op = 'ImageDataset';
    checkOptions(op, options, ['pixels', 'shape', 'labels', 'classes']);
    const { pixels, shape, labels, classes } = options;
    const [height, width, channels] = shape;
    checkInteger(op, 'height', height, { minimum: 1 });
    checkInteger(op, 'width', width, { minimum: 1 });
    checkInteger(op, 'channels', channels, { minimum: 1 });
    if (pixels.length !== labels.length * height * width * channels) {
      const expected = `to have ${labels.length} images of [${shape.join(', ')}] (one image for each label)`;
      throw new ArgumentError({ op, argument: 'pixels', expected, received: `${pixels.length} numbers` });
    }
    const stray = labels.findIndex((label) => label < 0 || label >= classes.length);
    if (stray !== -1) {
      const expected = `to be ids of classes, 0 to ${classes.length - 1}`;
      throw new ArgumentError({ op, argument: 'labels', expected, received: `${labels[stray]} at image ${stray}` });
    }
    this.pixels = pixels;
    this.shape = [height, width, channels];
    this.labels = labels;
    this.classes = classes;
  }

  get length(): number {
    return this.labels.length;
  }

  /** An image with memory of its own, which the caller may change. */
  get(index: number): ImageExample {
    checkIndex('ImageDataset.get', index, this.length);
    const [height, width, channels] = this.shape;
    const size = height * width * channels;
    const pixels = new Float32Array(this.pixels.subarray(index * size, (index + 1) * size));
    if (this.pixels instanceof Uint8Array) for (let i = 0; i < size; i++) pixels[i] = (pixels[i] ?? 0) / 255;
    return { image: { height, width, channels, pixels }, label: this.labels[index] ?? 0 };
  }
}

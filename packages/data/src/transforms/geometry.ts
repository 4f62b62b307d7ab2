// SPDX-License-Identifier: Apache-2.0
// Transforms that move pixels: resize, crop, flip.

import { ShapeError, checkInteger, checkNumber, checkOptions } from '@nabla/core';
import type { Image } from '../image.ts';
import { unit } from '../random.ts';
import type { ImageTransform } from './transform.ts';

/**
 * Stretches an image to a size by bilinear interpolation between the centres of pixels, as
 * `torch.nn.functional.interpolate(mode='bilinear')` does. It looks at four pixels for each new one: for much smaller images give
 * `readImage` a size, which averages.
 *
 * @param height  new height, at least 1
 * @param width   new width, at least 1
 * @example
 * const image = { height: 1, width: 2, channels: 1, pixels: Float32Array.of(0, 1) };
 * [...resize(1, 4)(image, new Generator(0)).pixels]; // [0, 0.25, 0.75, 1]
 */
export function resize(height: number, width: number): ImageTransform {
  checkSize('resize', height, width);
  return (image) => {
    const { channels, pixels } = image;
    const rows = weights(image.height, height);
    const columns = weights(image.width, width);
    const out = new Float32Array(height * width * channels);
    let next = 0;
    for (const { low: top, high: bottom, share: down } of rows) {
      for (const { low: left, high: right, share: across } of columns) {
        for (let channel = 0; channel < channels; channel++) {
          const at = (row: number, column: number): number =>
            pixels[(row * image.width + column) * channels + channel] ?? 0;
          const upper = at(top, left) * (1 - across) + at(top, right) * across;
          const lower = at(bottom, left) * (1 - across) + at(bottom, right) * across;
          out[next++] = upper * (1 - down) + lower * down;
        }
      }
    }
    return { height, width, channels, pixels: out };
  };
}

interface Neighbours {
  readonly low: number;
  readonly high: number;
  /** What `high` counts for; `low` counts for the rest. */
  readonly share: number;
}

/** For each of `to` positions, the two of `from` positions between which its centre lies. */
function weights(from: number, to: number): Neighbours[] {
  return Array.from({ length: to }, (_, i) => {
    const centre = Math.max(((i + 0.5) * from) / to - 0.5, 0);
    const low = Math.min(Math.floor(centre), from - 1);
    return { low, high: Math.min(low + 1, from - 1), share: centre - low };
  });
}

/**
 * The middle of an image.
 *
 * @throws {ShapeError} (from the transform) the image is smaller
 * @example
 * const image = { height: 1, width: 3, channels: 1, pixels: Float32Array.of(1, 2, 3) };
 * [...centerCrop(1, 1)(image, new Generator(0)).pixels]; // [2]
 */
export function centerCrop(height: number, width: number): ImageTransform {
  checkSize('centerCrop', height, width);
  return (image) => {
    checkFits('centerCrop', image, height, width);
    return crop(image, Math.floor((image.height - height) / 2), Math.floor((image.width - width) / 2), height, width);
  };
}

/** How to crop at random. */
export interface RandomCropOptions {
  /** Dark pixels that are put around the image before, on each side. Default: 0. */
  readonly padding?: number;
}

/**
 * A part of an image, each position equally likely.
 *
 * @throws {ShapeError} (from the transform) the image with its padding is smaller
 * @example
 * const image = { height: 1, width: 1, channels: 1, pixels: Float32Array.of(1) };
 * [...randomCrop(1, 1)(image, new Generator(0)).pixels]; // [1]
 */
export function randomCrop(height: number, width: number, options: RandomCropOptions = {}): ImageTransform {
  checkSize('randomCrop', height, width);
  checkOptions('randomCrop', options, ['padding']);
  const { padding = 0 } = options;
  checkInteger('randomCrop', 'padding', padding, { minimum: 0 });
  return (image, generator) => {
    const padded = { height: image.height + 2 * padding, width: image.width + 2 * padding, channels: image.channels };
    checkFits('randomCrop', padded, height, width);
    const top = generator.integer(padded.height - height + 1) - padding;
    const left = generator.integer(padded.width - width + 1) - padding;
    return crop(image, top, left, height, width);
  };
}

/**
 * With a probability, the mirror image: left is right.
 *
 * @param probability  0 to 1
 * @example
 * const image = { height: 1, width: 2, channels: 1, pixels: Float32Array.of(1, 2) };
 * [...randomHorizontalFlip(1)(image, new Generator(0)).pixels]; // [2, 1]
 */
export function randomHorizontalFlip(probability = 0.5): ImageTransform {
  checkNumber('randomHorizontalFlip', 'probability', probability, { minimum: 0, maximum: 1 });
  return (image, generator) => {
    if (unit(generator) >= probability) return image;
    const { height, width, channels, pixels } = image;
    const out = new Float32Array(pixels.length);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const from = (row * width + width - 1 - column) * channels;
        out.set(pixels.subarray(from, from + channels), (row * width + column) * channels);
      }
    }
    return { height, width, channels, pixels: out };
  };
}

/** A part of an image; what lies outside of it is 0. */
function crop(image: Image, top: number, left: number, height: number, width: number): Image {
  const { channels, pixels } = image;
  const out = new Float32Array(height * width * channels);
  const from = Math.max(left, 0);
  const to = Math.min(left + width, image.width);
  for (let row = 0; row < height; row++) {
    const source = top + row;
    if (source < 0 || source >= image.height || from >= to) continue;
    const line = pixels.subarray((source * image.width + from) * channels, (source * image.width + to) * channels);
    out.set(line, (row * width + from - left) * channels);
  }
  return { height, width, channels, pixels: out };
}

function checkSize(op: string, height: number, width: number): void {
  checkInteger(op, 'height', height, { minimum: 1 });
  checkInteger(op, 'width', width, { minimum: 1 });
}

function checkFits(op: string, image: Omit<Image, 'pixels'>, height: number, width: number): void {
  if (image.height >= height && image.width >= width) return;
  const expected = `[>= ${height}, >= ${width}, channels]`;
  const received = [image.height, image.width, image.channels];
  throw new ShapeError({ op, argument: 'image', expected, received, hint: 'Resize it first, or give it padding.' });
}

// SPDX-License-Identifier: Apache-2.0
// Transforms that change the values of pixels: brightness, contrast, saturation, normalization.

import { ArgumentError, type Generator, ShapeError, checkNumber, checkOptions } from '@nabla/core';
import type { Image } from '../image.ts';
import { unit } from '../random.ts';
import type { ImageTransform } from './transform.ts';

/** How far colours may change. */
export interface ColorJitterOptions {
  /** The factor is drawn from `[max(0, 1 - brightness), 1 + brightness]`. Default: 0, no change. */
  readonly brightness?: number;
  /** As `brightness`. */
  readonly contrast?: number;
  /** As `brightness`. */
  readonly saturation?: number;
}

/**
 * Changes brightness, contrast and saturation by factors drawn at random, in this order (torchvision draws the order, too):
 *
 * - brightness: `factor * pixel`
 * - contrast: `factor * pixel + (1 - factor) * m`, `m` the mean of the grey image
 * - saturation: `factor * pixel + (1 - factor) * grey`, with `grey = 0.2989 red + 0.587 green + 0.114 blue`
 *
 * each cut off below 0 and above 1. Opacity stays, and an image of one channel has no saturation.
 *
 * @throws {ArgumentError} an option is negative
 * @see torchvision.transforms.ColorJitter
 * @example
 * const image = { height: 1, width: 1, channels: 3, pixels: Float32Array.of(1, 0.5, 0) };
 * [...colorJitter({})(image, new Generator(0)).pixels]; // [1, 0.5, 0]
 */
export function colorJitter(options: ColorJitterOptions): ImageTransform {
  const op = 'colorJitter';
  checkOptions(op, options, ['brightness', 'contrast', 'saturation']);
  const { brightness = 0, contrast = 0, saturation = 0 } = options;
  for (const [name, value] of Object.entries({ brightness, contrast, saturation })) {
    checkNumber(op, name, value, { minimum: 0 });
  }
  return (image, generator) => {
    const factors = [brightness, contrast, saturation].map((reach) => factor(reach, generator));
    const [bright = 1, contrasting = 1, saturated = 1] = factors;
    return adjustSaturation(adjustContrast(adjustBrightness(image, bright), contrasting), saturated);
  };
}

/** Nothing is drawn where nothing may change. */
function factor(reach: number, generator: Generator): number {
  if (reach === 0) return 1;
  const low = Math.max(0, 1 - reach);
  return low + unit(generator) * (1 + reach - low);
}

/** `amount * pixel` of the colours, within 0 and 1. */
export function adjustBrightness(image: Image, amount: number): Image {
  return blend(image, amount, () => 0);
}

/** Blends the colours with the mean of the grey image. */
export function adjustContrast(image: Image, amount: number): Image {
  const greys = greyOf(image);
  const mean = greys.reduce((sum, grey) => sum + grey, 0) / greys.length;
  return blend(image, amount, () => mean);
}

/** Blends the colours with the grey image. */
export function adjustSaturation(image: Image, amount: number): Image {
  if (image.channels < 3) return image;
  const greys = greyOf(image);
  return blend(image, amount, (pixel) => greys[pixel] ?? 0);
}

/** `amount * pixel + (1 - amount) * other`, within 0 and 1; the fourth channel stays. */
function blend(image: Image, amount: number, other: (pixel: number) => number): Image {
  if (amount === 1) return image;
  const { channels } = image;
  const colors = colorsOf(image);
  const pixels = image.pixels.map((value, i) => {
    if (i % channels >= colors) return value;
    const mixed = amount * value + (1 - amount) * other(Math.floor(i / channels));
    return Math.min(Math.max(mixed, 0), 1);
  });
  return { ...image, pixels };
}

/** The channels that are no opacity. */
function colorsOf({ channels }: Image): number {
  return channels === 2 || channels === 4 ? channels - 1 : channels;
}

/** `[height * width]` */
function greyOf({ height, width, channels, pixels }: Image): Float32Array {
  return Float32Array.from({ length: height * width }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(pixel * channels, pixel * channels + 3);
    return channels < 3 ? red : 0.2989 * red + 0.587 * green + 0.114 * blue;
  });
}

/**
 * `(pixel - mean) / standardDeviation`, channel by channel.
 *
 * @param mean               `[channels]`
 * @param standardDeviation  `[channels]`, above 0
 * @throws {ArgumentError} the lists differ in length, or a number is not finite or not above 0
 * @throws {ShapeError} (from the transform) the image has another number of channels
 * @example
 * const image = { height: 1, width: 2, channels: 1, pixels: Float32Array.of(0.5, 1) };
 * [...normalize([0.5], [0.25])(image, new Generator(0)).pixels]; // [0, 2]
 */
export function normalize(mean: readonly number[], standardDeviation: readonly number[]): ImageTransform {
  const op = 'normalize';
  if (mean.length === 0 || mean.length !== standardDeviation.length) {
    const expected = 'and standardDeviation to have a number for each channel';
    const received = `${mean.length} and ${standardDeviation.length}`;
    throw new ArgumentError({ op, argument: 'mean', expected, received });
  }
  for (const value of mean) checkNumber(op, 'mean', value);
  for (const value of standardDeviation) checkNumber(op, 'standardDeviation', value, { above: 0 });
  const [means, deviations] = [[...mean], [...standardDeviation]];
  return (image) => {
    const { height, width, channels, pixels } = image;
    if (channels !== means.length) {
      const expected = `[height, width, ${means.length}]`;
      throw new ShapeError({ op, argument: 'image', expected, received: [height, width, channels] });
    }
    return {
      ...image,
      pixels: pixels.map((value, i) => (value - (means[i % channels] ?? 0)) / (deviations[i % channels] ?? 1)),
    };
  };
}

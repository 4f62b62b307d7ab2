// SPDX-License-Identifier: Apache-2.0
// Resizing images of bytes as Python's imaging library Pillow does, to the bit: what published vision models were trained on.

import type { ByteImage } from '../image.ts';

/** What an input pixel counts for at a distance from an output pixel, and how far that reaches. */
interface Filter {
  readonly weight: (distance: number) => number;
  readonly support: number;
}

/** Keys' kernel with a = -0.5. */
function cubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
  return distance < 2 ? (((distance - 5) * distance + 8) * distance - 4) * -0.5 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

function hamming(x: number): number {
  const distance = Math.abs(x);
  if (distance >= 1) return 0;
  return sinc(distance) * (Math.fround(0.54) + Math.fround(0.46) * Math.cos(distance * Math.PI));
}

/** Pillow's filters in the order of its numbers: 0 is `nearest`, 3 is `bicubic`. */
export const RESAMPLE_FILTERS = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;

export type ResampleFilter = (typeof RESAMPLE_FILTERS)[number];

/** The filters by name; `nearest` weighs nothing. */
const FILTERS: Readonly<Record<ResampleFilter, Filter | undefined>> = {
  nearest: undefined,
  lanczos: { weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0), support: 3 },
  bilinear: { weight: (x) => Math.max(1 - Math.abs(x), 0), support: 1 },
  bicubic: { weight: cubic, support: 2 },
  box: { weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0), support: 0.5 },
  hamming: { weight: hamming, support: 1 },
};

/**
 * Resizes an image as `PIL.Image.resize((width, height), filter)` does, which is not what PyTorch's `interpolate` computes: a filter
 * reaches further the more an image shrinks, so that every input pixel counts. Columns first, then rows, in integers, each rounded to a
 * byte; weights have 22 bits behind the point.
 *
 * @param height  new height, at least 1
 * @param width   new width, at least 1
 * @returns       the image itself where it has this size
 * @example
 * const image = { height: 1, width: 4, channels: 1, pixels: Uint8Array.of(0, 100, 100, 200) };
 * [...resizeLikePillow(image, 1, 2, 'bilinear').pixels]; // [57, 143]
 */
export function resizeLikePillow(image: ByteImage, height: number, width: number, filter: ResampleFilter): ByteImage {
  if (image.height === height && image.width === width) return image;
  const chosen = FILTERS[filter];
  if (chosen === undefined) return pickNearest(image, height, width);
  const narrowed = image.width === width ? image : weighColumns(image, windowsOf(image.width, width, chosen));
  return image.height === height ? narrowed : weighRows(narrowed, windowsOf(image.height, height, chosen));
}

/** The pixel in which each output pixel's centre lies. */
function pickNearest(image: ByteImage, height: number, width: number): ByteImage {
  const { channels, pixels } = image;
  const rows = nearestPositions(image.height, height);
  const columns = nearestPositions(image.width, width);
  const out = new Uint8Array(height * width * channels);
  let next = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * image.width + column) * channels;
      for (let channel = 0; channel < channels; channel++) out[next++] = pixels[from + channel] ?? 0;
    }
  }
  return { height, width, channels, pixels: out };
}

/** Centres are found by adding up, as Pillow does: the sum's rounding decides between two pixels now and then. */
function nearestPositions(from: number, to: number): number[] {
  const step = from / to;
  let centre = step * 0.5;
  return Array.from({ length: to }, () => {
    const position = Math.min(Math.floor(centre), from - 1);
    centre += step;
    return position;
  });
}

/** The bits behind the point of a weight: a product with a byte and a few of them together stay within 32. */
const PRECISION_BITS = 22;

/** Which inputs each output of an axis is made of. */
interface Windows {
  readonly outLength: number;
  /** The most inputs of an output. */
  readonly size: number;
  /** The first input of each output. */
  readonly first: Int32Array;
  /** How many follow. */
  readonly count: Int32Array;
  /** `[outLength, size]`: their weights, adding up to 2^22 but for rounding. */
  readonly weights: Int32Array;
}

function windowsOf(length: number, outLength: number, { weight, support: reach }: Filter): Windows {
  const scale = length / outLength;
  const stretch = Math.max(scale, 1); // of the filter, where the image shrinks
  const support = reach * stretch;
  const size = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outLength);
  const count = new Int32Array(outLength);
  const weights = new Int32Array(outLength * size);
  const inverse = 1 / stretch;
  for (let i = 0; i < outLength; i++) {
    const centre = (i + 0.5) * scale;
    const begin = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), length);
    const row = Array.from({ length: end - begin }, (_, k) => weight((k + begin - centre + 0.5) * inverse));
    const total = row.reduce((sum, value) => sum + value, 0);
    first[i] = begin;
    count[i] = row.length;
    for (const [k, value] of row.entries()) {
      const share = (total === 0 ? value : value / total) * 2 ** PRECISION_BITS;
      weights[i * size + k] = Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
    }
  }
  return { outLength, size, first, count, weights };
}

/** A weighted sum as a byte; it starts at one half, so that this rounds. */
function toByte(sum: number): number {
  const byte = sum >> PRECISION_BITS;
  return byte < 0 ? 0 : byte > 255 ? 255 : byte;
}

const HALF = 2 ** (PRECISION_BITS - 1);

function weighColumns({ height, width, channels, pixels }: ByteImage, windows: Windows): ByteImage {
  const { outLength, size, first, count, weights } = windows;
  const out = new Uint8Array(height * outLength * channels);
  let next = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < outLength; column++) {
      const begin = (row * width + (first[column] ?? 0)) * channels;
      const taps = count[column] ?? 0;
      for (let channel = 0; channel < channels; channel++) {
        let sum = HALF;
        for (let tap = 0; tap < taps; tap++) {
          sum += (pixels[begin + tap * channels + channel] ?? 0) * (weights[column * size + tap] ?? 0);
        }
        out[next++] = toByte(sum);
      }
    }
  }
  return { height, width: outLength, channels, pixels: out };
}

function weighRows({ width, channels, pixels }: ByteImage, windows: Windows): ByteImage {
  const { outLength, size, first, count, weights } = windows;
  const length = width * channels; // of a row
  const out = new Uint8Array(outLength * length);
  const sums = new Int32Array(length);
  for (let row = 0; row < outLength; row++) {
    sums.fill(HALF);
    const taps = count[row] ?? 0;
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[row * size + tap] ?? 0;
      const begin = ((first[row] ?? 0) + tap) * length;
      for (let i = 0; i < length; i++) sums[i] = (sums[i] ?? 0) + (pixels[begin + i] ?? 0) * weight;
    }
    for (let i = 0; i < length; i++) out[row * length + i] = toByte(sums[i] ?? 0);
  }
  return { height: outLength, width, channels, pixels: out };
}

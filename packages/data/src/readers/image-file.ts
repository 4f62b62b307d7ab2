// SPDX-License-Identifier: Apache-2.0
// Image files: PNG, JPEG, WebP and whatever else the library sharp reads (docs/decisions/0008-sharp.md).

import { ArgumentError, checkInteger, checkOptions } from '@nabla/core';
import type sharp from 'sharp';
import type { Sharp } from 'sharp';

import { messageOf, readBytes } from '../files.ts';
import type { ByteImage, Image } from '../image.ts';

export interface ReadImageOptions {
  /** 1: grey; 3: red, green, blue; 4: with opacity. Default: 3. Without the fourth, what is transparent shows white. */
  readonly channels?: 1 | 3 | 4;
  /** `[height, width]` that the image is stretched to; default: as it is. */
  readonly size?: readonly [height: number, width: number];
}

/** @throws {ArgumentError} `channels` is not 1, 3 or 4 */
function checkChannels(op: string, channels: number): asserts channels is 1 | 3 | 4 {
  if (channels === 1 || channels === 3 || channels === 4) return;
  throw new ArgumentError({ op, argument: 'channels', expected: 'to be 1, 3 or 4', received: String(channels) });
}

/** Pixels of the largest image that is decoded: a small file can claim billions. */
const PIXEL_LIMIT = 2 ** 27;

/** sharp, loaded when the first image is read: without it everything else works. */
async function loadSharp(op: string): Promise<typeof sharp> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    const hint = `It could not be loaded (${messageOf(error)}). Install it: npm install sharp`;
    const mismatch = { op, argument: 'the package sharp', expected: 'to be installed', received: 'none', hint };
    throw new ArgumentError(mismatch, 'PACKAGE', { cause: error });
  }
}

/**
 * Reads an image file: PNG, JPEG, WebP, GIF (its first frame), TIFF, AVIF or SVG. It is turned as its camera says.
 *
 * @throws {ArgumentError} the file cannot be read (code `FILE`), is no image, is damaged or has more than 2²⁷ pixels (code
 *   `IMAGE`), or the package sharp is not installed (code `PACKAGE`)
 */
export async function readImage(path: string, options: ReadImageOptions = {}): Promise<Image> {
  const op = 'readImage';
  checkOptions(op, options, ['channels', 'size']);
  const { channels = 3, size } = options;
  checkChannels(op, channels);
  size?.forEach((length) => checkInteger(op, 'size', length, { minimum: 1, maximum: 2 ** 14 }));
  const makeSharp = await loadSharp(op);
  const bytes = await readBytes(op, path);
  try {
    let image = makeSharp(bytes, { limitInputPixels: PIXEL_LIMIT, failOn: 'warning' }).rotate();
    if (size !== undefined) image = image.resize({ height: size[0], width: size[1], fit: 'fill' });
    const { data, info } = await withChannels(image, channels).raw().toBuffer({ resolveWithObject: true });
    const pixels = new Float32Array(data.length);
    for (let i = 0; i < pixels.length; i++) pixels[i] = (data[i] ?? 0) / 255; // Float32Array.from takes ten times as long
    return { height: info.height, width: info.width, channels: info.channels, pixels };
  } catch (error) {
    throw noImage(op, path, error);
  }
}

/**
 * The bytes of an image file as they are stored, in red, green and blue: opacity and colour profiles are left out, of 16 bits the
 * upper 8 count. It is turned as its camera says.
 *
 * @param source  path or bytes of the file
 * @throws {ArgumentError} as {@link readImage}
 */
export async function readRgbBytes(op: string, source: string | Uint8Array): Promise<ByteImage> {
  const makeSharp = await loadSharp(op);
  const bytes = typeof source === 'string' ? await readBytes(op, source) : source;
  const name = typeof source === 'string' ? source : `the image of ${source.length} bytes`;
  try {
    const image = makeSharp(bytes, { limitInputPixels: PIXEL_LIMIT, failOn: 'warning', ignoreIcc: true }).rotate();
    const rgb = image.toColourspace('srgb').removeAlpha().raw();
    const { data, info } = await rgb.toBuffer({ resolveWithObject: true });
    return { height: info.height, width: info.width, channels: info.channels, pixels: data };
  } catch (error) {
    throw noImage(op, name, error);
  }
}

/** The error for bytes that are no image that can be decoded. */
function noImage(op: string, argument: string, error: unknown): ArgumentError {
  const hint = 'The file is damaged, incomplete, too large, or no image.';
  const mismatch = { op, argument, expected: 'to be an image', received: messageOf(error), hint };
  return new ArgumentError(mismatch, 'IMAGE', { cause: error });
}

function withChannels(image: Sharp, channels: 1 | 3 | 4): Sharp {
  if (channels === 4) return image.toColourspace('srgb').ensureAlpha();
  const opaque = image.flatten({ background: 'white' });
  return channels === 1 ? opaque.toColourspace('b-w') : opaque.toColourspace('srgb').removeAlpha();
}

/**
 * Writes an image file; the ending of the name says which kind: `.png`, `.jpg`, `.webp`.
 *
 * @param image  1, 3 or 4 channels from 0 to 1; what lies outside is cut off
 * @throws {ArgumentError} the file cannot be written, or its ending is unknown (code `IMAGE`), or the package sharp is not
 *   installed (code `PACKAGE`)
 */
export async function writeImage(path: string, image: Image): Promise<void> {
  const op = 'writeImage';
  const { height, width, channels, pixels } = image;
  checkChannels(op, channels);
  const makeSharp = await loadSharp(op);
  const bytes = Uint8Array.from(pixels, (value) => Math.round(Math.min(Math.max(value, 0), 1) * 255));
  try {
    await makeSharp(bytes, { raw: { height, width, channels } }).toFile(path);
  } catch (error) {
    const expected = 'to be an image file that can be written';
    throw new ArgumentError({ op, argument: path, expected, received: messageOf(error) }, 'IMAGE', { cause: error });
  }
}

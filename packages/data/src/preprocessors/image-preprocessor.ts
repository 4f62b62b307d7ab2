// SPDX-License-Identifier: Apache-2.0
// Images as a published vision model wants them: the same numbers as transformers' preprocessors give in Python.

import { join } from 'node:path';

import {
  ArgumentError,
  ShapeError,
  type Tensor3D,
  type Tensor4D,
  checkInteger,
  stack,
  tensor3d,
  tidy,
} from '@nabla/core';
import { kindOfPath, messageOf, readText } from '../files.ts';
import type { ByteImage, Image } from '../image.ts';
import { readRgbBytes } from '../readers/image-file.ts';
import { type ImageSettings, type RawImageSettings, readImageSettings } from './image-settings.ts';
import { resizeLikePillow } from './pillow-resize.ts';

/** An image: the path of a file, the bytes of one, or what `readImage` gives. */
export type ImageSource = string | Uint8Array | Image;

const op = 'ImagePreprocessor';

/** Pixels of the largest image that resizing may make of a long thin one. */
const MOST_PIXELS = 2 ** 26;

/**
 * Turns images into what a vision transformer or CLIP takes: resized, cropped, scaled and normalized as the file
 * `preprocessor_config.json` beside the weights says.
 *
 * Numbers are those of transformers with Pillow, to the bit, for files of 8 bits in grey, red, green and blue, or with a palette.
 * Opacity is dropped, as there: what lies beneath shows. Of 16 bits the upper 8 count. Files are turned as their camera says.
 *
 * @see https://huggingface.co/docs/transformers, ViTImageProcessor, CLIPImageProcessor and DeiTImageProcessor
 * @example
 * const size = { height: 2, width: 1 };
 * const preprocessor = new ImagePreprocessor({ image_processor_type: 'ViTImageProcessor', size });
 * const image = { height: 1, width: 1, channels: 1, pixels: Float32Array.of(1) };
 * await preprocessor.prepare(image); // [[[1, 1, 1]], [[1, 1, 1]]]
 */
export class ImagePreprocessor {
  readonly settings: ImageSettings;

  /**
   * @param fields  as a preprocessor_config.json has them; what is missing has the defaults of its `image_processor_type`
   * @param source  what errors name beside a field
   * @throws {ArgumentError} a field is not what it must be
   */
  constructor(fields: RawImageSettings, source = 'the settings') {
    this.settings = readImageSettings(fields, source);
  }

  /**
   * The preprocessor of a published model's folder.
   *
   * @throws {ArgumentError} there is no preprocessor_config.json (code `FILE`), or it is not what it must be
   */
  static async fromFolder(folder: string): Promise<ImagePreprocessor> {
    const [fields, file] = await readFields(folder);
    return new ImagePreprocessor(fields, `"${file}"`);
  }

  /**
   * One image as the model takes it.
   *
   * @returns `[height, width, channels]`, float32
   * @throws {ArgumentError} a file cannot be read (code `FILE`), is damaged, too large or no image (code `IMAGE`), or the package sharp
   *   is not installed (code `PACKAGE`)
   * @throws {ShapeError} an image has another number of channels than `image_mean`, or is empty
   */
  async prepare(image: ImageSource): Promise<Tensor3D> {
    const { do_convert_rgb, do_resize, do_center_crop, resample, crop_size, do_normalize, image_mean } = this.settings;
    let bytes = await bytesOf(image);
    if (do_convert_rgb) bytes = withThreeChannels(bytes);
    if (do_normalize && bytes.channels !== image_mean.length) {
      const received = [bytes.height, bytes.width, bytes.channels];
      throw new ShapeError({ op, argument: 'image', expected: `[height, width, ${image_mean.length}]`, received });
    }
    if (do_resize) bytes = resizeLikePillow(bytes, ...this.sizeFor(bytes), resample);
    if (do_center_crop) bytes = cropCenter(bytes, crop_size.height, crop_size.width);
    const { height, width, channels } = bytes;
    return tensor3d(this.values(bytes), [height, width, channels]);
  }

  /**
   * Several images as one batch.
   *
   * @returns `[images, height, width, channels]`, float32
   * @throws {ShapeError} they are of different sizes, which happens where the settings neither crop nor stretch
   */
  async prepareBatch(images: readonly ImageSource[]): Promise<Tensor4D> {
    checkInteger(op, 'the number of images', images.length, { minimum: 1 });
    const prepared: Tensor3D[] = [];
    try {
      for (const image of images) prepared.push(await this.prepare(image));
      const [first] = prepared;
      const other = prepared.find(({ shape }) => shape.join() !== first?.shape.join());
      if (other === undefined) return tidy(() => stack(prepared) as Tensor4D);
      const expected = `[${first?.shape.join(', ')}], as the first`;
      throw new ShapeError({ op, argument: 'every image', expected, received: other.shape });
    } finally {
      for (const tensor of prepared) tensor.dispose();
    }
  }

  /** Height and width that an image is resized to. */
  private sizeFor({ height, width }: ByteImage): [number, number] {
    const { size } = this.settings;
    if ('height' in size) return [size.height, size.width];
    const { shortest_edge: shorter } = size;
    const longer = Math.trunc((shorter * Math.max(height, width)) / Math.min(height, width));
    if (shorter * longer <= MOST_PIXELS) return height <= width ? [shorter, longer] : [longer, shorter];
    const expected = `to have at most ${MOST_PIXELS} pixels when its shorter edge is ${shorter}`;
    throw new ArgumentError({ op, argument: 'image', expected, received: `${height} by ${width} pixels` }, 'IMAGE');
  }

  /** Bytes scaled and normalized, each step rounded to float32 as NumPy does. */
  private values({ channels, pixels }: ByteImage): Float32Array {
    const { do_rescale, rescale_factor, do_normalize, image_mean, image_std } = this.settings;
    const tables = Array.from({ length: channels }, (_, channel) => {
      return Float32Array.from({ length: 256 }, (__, byte) => {
        const scaled = do_rescale ? Math.fround(byte * rescale_factor) : byte;
        if (!do_normalize) return scaled;
        const [mean, deviation] = [Math.fround(image_mean[channel] ?? 0), Math.fround(image_std[channel] ?? 1)];
        return Math.fround(scaled - mean) / deviation;
      });
    });
    const values = new Float32Array(pixels.length);
    for (const [channel, table] of tables.entries()) {
      for (let i = channel; i < pixels.length; i += channels) values[i] = table[pixels[i] ?? 0] ?? 0;
    }
    return values;
  }
}

/** The fields of a folder's preprocessor_config.json, or of the image part of processor_config.json, where newer versions have them. */
async function readFields(folder: string): Promise<[fields: RawImageSettings, file: string]> {
  const own = join(folder, 'preprocessor_config.json');
  const joint = join(folder, 'processor_config.json');
  if ((await kindOfPath(own)) !== 'file' && (await kindOfPath(joint)) === 'file') {
    return [recordIn((await readJson(joint))['image_processor'], joint), joint];
  }
  return [await readJson(own), own];
}

async function readJson(file: string): Promise<RawImageSettings> {
  const text = await readText(file);
  try {
    return recordIn(JSON.parse(text), file);
  } catch (error) {
    if (error instanceof ArgumentError) throw error;
    const mismatch = { op, argument: `"${file}"`, expected: 'to be a JSON file', received: messageOf(error) };
    throw new ArgumentError(mismatch, 'ARGUMENT', { cause: error });
  }
}

function recordIn(value: unknown, file: string): RawImageSettings {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as RawImageSettings;
  const expected = 'to hold the settings of a preprocessor for images';
  const received = value === undefined ? 'none' : `${JSON.stringify(value).slice(0, 60)}`;
  throw new ArgumentError({ op, argument: `"${file}"`, expected, received });
}

/** The bytes of an image from wherever it is. */
async function bytesOf(source: ImageSource): Promise<ByteImage> {
  if (typeof source === 'string' || source instanceof Uint8Array) return readRgbBytes(op, source);
  const { height, width, channels, pixels } = source;
  if (height < 1 || width < 1 || channels < 1 || pixels.length !== height * width * channels) {
    const hint = `It has ${pixels.length} pixels.`;
    const received = [height, width, channels];
    throw new ShapeError({ op, argument: 'image', expected: '[>= 1, >= 1, >= 1]', received, hint });
  }
  const bytes = new Uint8Array(pixels.length);
  for (let i = 0; i < bytes.length; i++) {
    const value = pixels[i] ?? NaN;
    if (value >= 0 && value <= 1) bytes[i] = Math.round(value * 255);
    else {
      const hint = 'Give it the image as it was read, before any other transform.';
      const expected = 'to have pixels from 0 to 1';
      throw new ArgumentError({ op, argument: 'image', expected, received: String(value), hint }, 'IMAGE');
    }
  }
  return { height, width, channels, pixels: bytes };
}

/** Red, green and blue: grey is repeated, and opacity dropped. */
function withThreeChannels(image: ByteImage): ByteImage {
  const { height, width, channels, pixels } = image;
  if (channels === 3) return image;
  if (channels !== 1 && channels !== 4) {
    const received = [height, width, channels];
    throw new ShapeError({ op, argument: 'image', expected: '[height, width, 1, 3 or 4]', received });
  }
  const out = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      out[pixel * 3 + channel] = pixels[pixel * channels + (channels === 1 ? 0 : channel)] ?? 0;
    }
  }
  return { height, width, channels: 3, pixels: out };
}

/** The middle of an image; what it lacks around it is 0. */
function cropCenter(image: ByteImage, height: number, width: number): ByteImage {
  const { channels, pixels } = image;
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  const out = new Uint8Array(height * width * channels);
  const [from, to] = [Math.max(left, 0), Math.min(left + width, image.width)];
  for (let row = Math.max(top, 0); row < Math.min(top + height, image.height); row++) {
    const line = pixels.subarray((row * image.width + from) * channels, (row * image.width + to) * channels);
    out.set(line, ((row - top) * width + from - left) * channels);
  }
  return { height, width, channels, pixels: out };
}

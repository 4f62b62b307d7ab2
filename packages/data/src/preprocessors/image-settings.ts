// SPDX-License-Identifier: Apache-2.0
// How a published vision model wants its images: the fields of preprocessor_config.json, with transformers' defaults.

import { ArgumentError, checkBoolean, checkInteger, checkNumber, describeValue } from '@nabla/core';
import { RESAMPLE_FILTERS, type ResampleFilter } from './pillow-resize.ts';

/** A size of images. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** What is done to an image, in this order. */
export interface ImageSettings {
  /** Whether it becomes red, green and blue: grey is repeated, opacity is dropped. */
  readonly do_convert_rgb: boolean;
  readonly do_resize: boolean;
  /** A size that it is stretched to, or the length of its shorter edge, the other in proportion. */
  readonly size: ImageSize | { readonly shortest_edge: number };
  readonly resample: ResampleFilter;
  /** Whether the middle is cut out; what a smaller image lacks is black. */
  readonly do_center_crop: boolean;
  readonly crop_size: ImageSize;
  /** Whether bytes are multiplied by `rescale_factor`. */
  readonly do_rescale: boolean;
  readonly rescale_factor: number;
  /** Whether `image_mean` is subtracted, and what is left divided by `image_std`. */
  readonly do_normalize: boolean;
  /** One for each channel. */
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

/** Fields as a file has them, before they are checked. */
export type RawImageSettings = Readonly<Record<string, unknown>>;

const RESCALE = {
  do_convert_rgb: true,
  do_resize: true,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
};
const HALVES = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const CROP = { do_center_crop: true, crop_size: { height: 224, width: 224 } };

/** The defaults of each kind, and what a `size` that is one number means to it. */
const KINDS = {
  ViT: {
    defaults: {
      ...RESCALE,
      ...HALVES,
      ...CROP,
      do_center_crop: false,
      size: { height: 224, width: 224 },
      resample: 'bilinear',
    },
    isSquare: true,
  },
  DeiT: {
    defaults: { ...RESCALE, ...HALVES, ...CROP, size: { height: 256, width: 256 }, resample: 'bicubic' },
    isSquare: true,
  },
  CLIP: {
    defaults: {
      ...RESCALE,
      ...CROP,
      size: { shortest_edge: 224 },
      resample: 'bicubic',
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
    },
    isSquare: false,
  },
} as const satisfies Record<string, { readonly defaults: ImageSettings; readonly isSquare: boolean }>;

/** The longest edge that a configuration may ask for: an image of it fits into memory. */
const LONGEST = 2 ** 12;

/**
 * Checks the fields of a preprocessor_config.json.
 *
 * @param fields  as the file has them
 * @param source  what is named in errors beside the field
 * @throws {ArgumentError} a field is not what it must be, or the kind of preprocessor is unknown
 */
export function readImageSettings(fields: RawImageSettings, source: string): ImageSettings {
  const { defaults, isSquare } = kindOf(fields, source);
  const read = <Name extends keyof ImageSettings>(
    name: Name,
    parse: (value: unknown, argument: string) => ImageSettings[Name],
  ): ImageSettings[Name] => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return value === undefined || value === null ? defaults[name] : parse(value, `"${name}" of ${source}`);
  };
  const settings = {
    do_convert_rgb: read('do_convert_rgb', truth),
    do_resize: read('do_resize', truth),
    size: read('size', (value, argument) => {
      if (typeof value !== 'number') return sizeOrEdge(value, argument);
      const length = edge(value, argument);
      return isSquare ? { height: length, width: length } : { shortest_edge: length };
    }),
    resample: read('resample', filterOf),
    do_center_crop: read('do_center_crop', truth),
    crop_size: read('crop_size', cropSize),
    do_rescale: read('do_rescale', truth),
    rescale_factor: read('rescale_factor', (value, argument) => number(value, argument, {})),
    do_normalize: read('do_normalize', truth),
    image_mean: read('image_mean', (value, argument) => numbers(value, argument, {})),
    image_std: read('image_std', (value, argument) => numbers(value, argument, { above: 0 })),
  };
  if (settings.image_mean.length === settings.image_std.length) return settings;
  const expected = `to have as many numbers as image_mean, ${settings.image_mean.length}`;
  throw mismatch(`"image_std" of ${source}`, expected, String(settings.image_std.length));
}

const op = 'ImagePreprocessor';

function mismatch(argument: string, expected: string, received: string): ArgumentError {
  return new ArgumentError({ op, argument, expected, received });
}

/** Which of {@link KINDS} a file is of: `ViTImageProcessor`, `CLIPFeatureExtractor`, `DeiTImageProcessorFast` … */
function kindOf(fields: RawImageSettings, source: string): (typeof KINDS)[keyof typeof KINDS] {
  const name = fields['image_processor_type'] ?? fields['feature_extractor_type'];
  const kind = typeof name === 'string' ? /^(.+?)(?:ImageProcessor|FeatureExtractor)/.exec(name)?.[1] : undefined;
  if (kind !== undefined && Object.hasOwn(KINDS, kind)) return KINDS[kind as keyof typeof KINDS];
  const known = Object.keys(KINDS).map((each) => `${each}ImageProcessor`);
  const expected = `to be one of ${known.join(', ')}`;
  throw mismatch(`"image_processor_type" of ${source}`, expected, name === undefined ? 'none' : describeValue(name));
}

function truth(value: unknown, argument: string): boolean {
  checkBoolean(op, argument, value);
  return value;
}

function edge(value: unknown, argument: string): number {
  checkInteger(op, argument, value, { minimum: 1, maximum: LONGEST });
  return value;
}

type Limits = NonNullable<Parameters<typeof checkNumber>[3]>;

function number(value: unknown, argument: string, limits: Limits): number {
  checkNumber(op, argument, value, limits);
  return value;
}

/** One number for each channel: a list of one to four, or one number for all three. */
function numbers(value: unknown, argument: string, limits: Limits): number[] {
  const list: unknown[] = Array.isArray(value) ? value : [value, value, value];
  if (list.length < 1 || list.length > 4) {
    throw mismatch(argument, 'to be a list of 1 to 4 numbers', `a list of ${list.length}`);
  }
  return list.map((each) => number(each, argument, limits));
}

function filterOf(value: unknown, argument: string): ResampleFilter {
  checkInteger(op, argument, value, { minimum: 0, maximum: RESAMPLE_FILTERS.length - 1 });
  return RESAMPLE_FILTERS[value] ?? 'bilinear';
}

function sizeOrEdge(value: unknown, argument: string): ImageSettings['size'] {
  const names = typeof value === 'object' && value !== null ? Object.keys(value).sort().join() : '';
  const { height, width, shortest_edge } = value as Readonly<Record<string, unknown>>;
  if (names === 'height,width') return { height: edge(height, argument), width: edge(width, argument) };
  if (names === 'shortest_edge') return { shortest_edge: edge(shortest_edge, argument) };
  const expected = 'to be a number, or to have height and width, or shortest_edge';
  throw mismatch(argument, expected, describeValue(value));
}

function cropSize(value: unknown, argument: string): ImageSize {
  if (typeof value === 'number') return { height: edge(value, argument), width: edge(value, argument) };
  const size = sizeOrEdge(value, argument);
  if ('height' in size) return size;
  throw mismatch(argument, 'to be a number, or to have height and width', describeValue(value));
}

// SPDX-License-Identifier: Apache-2.0
// Tests of image preprocessors against Pillow and against transformers' steps, and of what is refused.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

import { golden, useDevice } from '@nabla/testing';

import type { Image } from '../image.ts';
import { readRgbBytes } from '../readers/image-file.ts';
import { ImagePreprocessor } from './image-preprocessor.ts';
import { RESAMPLE_FILTERS, resizeLikePillow } from './pillow-resize.ts';

useDevice('js');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-preprocessor-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const { cases } = golden('image_preprocessor');
const VIT = { image_processor_type: 'ViTImageProcessor' };
const CLIP = { image_processor_type: 'CLIPImageProcessor' };

/** Bytes as an image that was read. */
function imageOf(bytes: ArrayLike<number>, shape: readonly number[]): Image {
  const [height, width, channels] = shape;
  return { height, width, channels, pixels: Float32Array.from(bytes, (byte) => byte / 255) };
}

const grey = (height: number, width: number): Image =>
  imageOf(new Uint8Array(height * width).fill(128), [height, width, 1]);

const resizings = cases.flatMap(({ name, options, inputs: { x }, output }) => {
  if (!('resample' in options) || 'image_processor_type' in options || !Array.isArray(options['size'])) return [];
  return [{ name, size: options['size'] as number[], filter: RESAMPLE_FILTERS[Number(options.resample)], x, output }];
});

it.each(resizings)('resizes to the bit as Pillow does: $name', ({ size, filter, x, output }) => {
  const [height, width, channels] = x.shape;
  const image = { height, width, channels, pixels: Uint8Array.from(x.values) };
  const resized = resizeLikePillow(image, size[0], size[1], filter);
  expect([resized.height, resized.width, resized.channels]).toEqual(output.shape);
  expect([...resized.pixels]).toEqual(output.values);
});

const files = cases.flatMap(({ name, options, output }) =>
  'file' in options ? [{ name, bytes: Buffer.from(String(options.file), 'base64'), output }] : [],
);

it.each(files)('reads the bytes that Pillow reads: $name', async ({ bytes, output }) => {
  const { height, width, channels, pixels } = await readRgbBytes('test', bytes);
  expect([height, width, channels]).toEqual(output.shape);
  expect([...pixels]).toEqual(output.values);
});

const preparations = cases.filter(({ options }) => Object.keys(options).some((key) => key.endsWith('_type')));

it.each(preparations)(
  'prepares an image to the bit as transformers does: $name',
  async ({ options, inputs, output }) => {
    const preprocessor = new ImagePreprocessor(options);
    const prepared = await preprocessor.prepare(imageOf(inputs['x'].values, inputs['x'].shape));
    expect(prepared.shape).toEqual(output.shape);
    expect(prepared.dataSync()).toEqual(Float32Array.from(output.values));
    prepared.dispose();
  },
);

it('has cases of all three forms', () => {
  expect(resizings.length + files.length + preparations.length).toBe(cases.length);
  for (const form of [resizings, files, preparations]) expect(form.length).toBeGreaterThan(4);
});

it('reads a path, bytes and an image alike, and puts several into a batch', async () => {
  const { bytes } = files.find(({ name }) => name === 'a PNG of colours') ?? files[0];
  const path = join(folder, 'colours.png');
  writeFileSync(path, bytes);
  const decoded = await readRgbBytes('test', bytes);
  const image = imageOf(decoded.pixels, [decoded.height, decoded.width, 3]);
  const preprocessor = new ImagePreprocessor({ ...CLIP, size: 5, crop_size: 4 });
  const batch = await preprocessor.prepareBatch([path, bytes, image]);
  expect(batch.shape).toEqual([3, 4, 4, 3]);
  const values = batch.dataSync();
  const part = values.length / 3;
  expect(values.slice(part, 2 * part)).toEqual(values.slice(0, part));
  expect(values.slice(2 * part)).toEqual(values.slice(0, part));
  batch.dispose();
});

it('takes the settings of a folder, also where newer versions write them', async () => {
  const fields = { feature_extractor_type: 'CLIPFeatureExtractor', size: 224, crop_size: 224, image_mean: [0, 0, 0] };
  writeFileSync(join(folder, 'processor_config.json'), JSON.stringify({ image_processor: CLIP }));
  expect((await ImagePreprocessor.fromFolder(folder)).settings).toMatchObject({ size: { shortest_edge: 224 } });
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(fields));
  expect((await ImagePreprocessor.fromFolder(folder)).settings).toMatchObject({
    do_resize: true,
    size: { shortest_edge: 224 },
    resample: 'bicubic',
    crop_size: { height: 224, width: 224 },
    rescale_factor: 1 / 255,
    image_mean: [0, 0, 0],
    image_std: [0.26862954, 0.26130258, 0.27577711],
  });
});

it.each([
  [
    { image_processor_type: 'SamImageProcessor' },
    /"image_processor_type" of the settings to be one of ViTImageProcessor/,
  ],
  [{}, /received none/],
  [{ ...VIT, size: { height: 1e9, width: 2 } }, /"size" of the settings to be an integer >= 1 and <= 4096/],
  [{ ...VIT, size: { longest_edge: 5 } }, /"size" .* shortest_edge/],
  [{ ...VIT, size: [2, 2] }, /"size"/],
  [{ ...VIT, resample: 6 }, /"resample"/],
  [{ ...CLIP, crop_size: { shortest_edge: 5 } }, /"crop_size" .* height and width/],
  [{ ...VIT, do_resize: 'yes' }, /"do_resize" of the settings to be true or false/],
  [{ ...VIT, image_std: [1, 0, 1] }, /"image_std" .* > 0/],
  [{ ...VIT, image_mean: [1, 1] }, /as many numbers as image_mean, 2/],
  [{ ...VIT, rescale_factor: '1/255' }, /"rescale_factor"/],
])('refuses %j', (fields, message) => {
  expect(() => new ImagePreprocessor(fields)).toThrowCode('ARGUMENT', message);
});

it('names a file that is missing or broken', async () => {
  await expect(ImagePreprocessor.fromFolder(join(folder, 'none'))).rejects.toThrowCode('FILE', /preprocessor_config/);
  const file = join(folder, 'preprocessor_config.json');
  for (const text of ['{', '[]', '{"image_processor_type":"ViTImageProcessor","size":{"height":-1,"width":1}}']) {
    writeFileSync(file, text);
    await expect(ImagePreprocessor.fromFolder(folder)).rejects.toThrowCode('ARGUMENT', /preprocessor_config\.json"/);
  }
});

/** A PNG whose header says what it is; its pixels are the bytes given. */
function pngOf(width: number, height: number, depth: number, colour: number, pixels: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour], 8);
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)];
    ends[0].writeUInt32BE(data.length);
    ends[1].writeUInt32BE(crc32(body));
    return Buffer.concat([ends[0], body, ends[1]]);
  };
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', new Uint8Array()),
  ]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

it('takes the upper bits of 16', async () => {
  const greys = pngOf(3, 1, 16, 0, Uint8Array.of(0, 0x00, 0xff, 0x80, 0x01, 0xff, 0xff));
  expect([...(await readRgbBytes('test', greys)).pixels]).toEqual([0, 0, 0, 128, 128, 128, 255, 255, 255]);
  const colours = pngOf(1, 1, 16, 2, Uint8Array.of(0, 0x01, 0x00, 0x80, 0xff, 0xff, 0x7f));
  expect([...(await readRgbBytes('test', colours)).pixels]).toEqual([1, 128, 255]);
});

it('refuses bytes that are no image, are cut short, or claim to be huge', async () => {
  const preprocessor = new ImagePreprocessor(VIT);
  const { bytes } = files.find(({ name }) => name === 'a JPEG') ?? files[0];
  const huge = pngOf(60000, 60000, 8, 2, new Uint8Array(100));
  for (const broken of [new Uint8Array(), Buffer.from('no image'), bytes.subarray(0, bytes.length / 2), huge]) {
    await expect(preprocessor.prepare(broken)).rejects.toThrowCode('IMAGE', /the image of \d+ bytes to be an image/);
  }
  await expect(preprocessor.prepare(join(folder, 'none.png'))).rejects.toThrowCode('FILE', /none\.png/);
});

it('refuses images that cannot be what they say, and proportions that would fill the memory', async () => {
  const vit = new ImagePreprocessor(VIT);
  await expect(vit.prepare({ ...grey(2, 2), height: 3 })).rejects.toThrowCode('SHAPE', /4 pixels/);
  await expect(vit.prepare(imageOf([], [0, 0, 1]))).rejects.toThrowCode('SHAPE');
  await expect(vit.prepare(imageOf([255, 0], [1, 1, 2]))).rejects.toThrowCode('SHAPE', /1, 3 or 4/);
  await expect(vit.prepare({ ...grey(1, 1), pixels: Float32Array.of(1.5) })).rejects.toThrowCode(
    'IMAGE',
    /from 0 to 1/,
  );
  await expect(vit.prepare({ ...grey(1, 1), pixels: Float32Array.of(NaN) })).rejects.toThrowCode('IMAGE', /NaN/);
  const unconverted = new ImagePreprocessor({ ...VIT, do_convert_rgb: false });
  await expect(unconverted.prepare(grey(2, 2))).rejects.toThrowCode('SHAPE', /\[height, width, 3\]/);
  const thin = new ImagePreprocessor({ ...CLIP, size: 4096 }).prepare(grey(1, 10_000));
  await expect(thin).rejects.toThrowCode('IMAGE', /at most/);
  const free = new ImagePreprocessor({ ...VIT, do_resize: false });
  await expect(free.prepareBatch([grey(1, 1), grey(1, 2)])).rejects.toThrowCode('SHAPE', /as the first/);
  await expect(free.prepareBatch([])).rejects.toThrowCode('ARGUMENT', /number of images/);
});

it('makes a batch of one pixel as large as a model wants it', async () => {
  const prepared = await new ImagePreprocessor(CLIP).prepare(imageOf([255, 0, 128, 7], [1, 1, 4])); // opacity is dropped
  expect(prepared.shape).toEqual([224, 224, 3]);
  const [red, green] = prepared.dataSync();
  expect(red).toBeCloseTo((1 - 0.48145466) / 0.26862954, 5);
  expect(green).toBeCloseTo(-0.4578275 / 0.26130258, 5);
  prepared.dispose();
});

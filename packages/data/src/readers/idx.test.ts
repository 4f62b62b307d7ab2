// SPDX-License-Identifier: Apache-2.0
// Tests of IDX files: every value type, and files that are cut, too long, mislabelled or hostile.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ArgumentError } from '@nabla/core';
import * as fc from 'fast-check';
import { type IdxArray, type IdxValues, parseIdx, readIdx } from './idx.ts';
import { idxImages } from './idx-images.ts';

type Write = (bytes: Buffer, value: number, offset: number) => void;
const types: [string, number, number, Write, (values: number[]) => IdxValues, fc.Arbitrary<number>][] = [
  ['uint8', 0x08, 1, (b, v, o) => b.writeUInt8(v, o), (v) => Uint8Array.from(v), fc.nat(255)],
  ['int8', 0x09, 1, (b, v, o) => b.writeInt8(v, o), (v) => Int8Array.from(v), fc.integer({ min: -128, max: 127 })],
  [
    'int16',
    0x0b,
    2,
    (b, v, o) => b.writeInt16BE(v, o),
    (v) => Int16Array.from(v),
    fc.integer({ min: -32768, max: 32767 }),
  ],
  ['int32', 0x0c, 4, (b, v, o) => b.writeInt32BE(v, o), (v) => Int32Array.from(v), fc.integer()],
  ['float32', 0x0d, 4, (b, v, o) => b.writeFloatBE(v, o), (v) => Float32Array.from(v), fc.float()],
  ['float64', 0x0e, 8, (b, v, o) => b.writeDoubleBE(v, o), (v) => Float64Array.from(v), fc.double()],
];

/** An IDX file, written by hand. */
function idx(code: number, width: number, shape: readonly number[], values: readonly number[], write: Write): Buffer {
  const bytes = Buffer.alloc(4 + 4 * shape.length + width * values.length);
  bytes.set([0, 0, code, shape.length]);
  shape.forEach((length, axis) => bytes.writeUInt32BE(length, 4 + 4 * axis));
  values.forEach((value, i) => write(bytes, value, 4 + 4 * shape.length + width * i));
  return bytes;
}
const ofBytes = (shape: readonly number[], values: readonly number[]): Buffer =>
  idx(0x08, 1, shape, values, (bytes, value, offset) => bytes.writeUInt8(value, offset));

describe('parseIdx', () => {
  it.each(types)('reads %s of any shape, packed or not', (_, code, width, write, make, value) => {
    const shapes = fc.array(fc.nat(4), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.infiniteStream(value), fc.boolean(), (shape, stream, packed) => {
        const size = shape.reduce((product, length) => product * length, 1);
        const values = [...stream.take(size)];
        const file = idx(code, width, shape, values, write);
        const found = parseIdx(packed ? gzipSync(file) : file, 'a.idx');
        expect(found).toEqual({ shape, values: make(values) });
      }),
      { numRuns: 40 },
    );
  });

  it('reads values at an address that is not aligned', () => {
    const file = idx(0x0e, 8, [2], [1.5, -2], (bytes, value, offset) => bytes.writeDoubleBE(value, offset));
    const shifted = Buffer.concat([Buffer.of(0), file]).subarray(1);
    expect([...parseIdx(shifted, 'a.idx').values]).toEqual([1.5, -2]);
  });

  const good = ofBytes([2, 3], [1, 2, 3, 4, 5, 6]);
  const packed = gzipSync(good);
  const longer = Buffer.from(packed);
  longer.writeUInt32LE(0xffffffff, packed.length - 4);
  const shorter = Buffer.from(packed);
  shorter.writeUInt32LE(3, packed.length - 4);
  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'readIdx: expected a.idx to have at least 4 bytes, received 0.'],
    ['text', Buffer.from('PNG image'), 'received 50 4e 47 20. The file is damaged, incomplete, or no IDX file.'],
    ['an unknown type', Buffer.from([0, 0, 0x0a, 1, 0, 0, 0, 0]), 'received 00 00 0a 01'],
    ['no axis', Buffer.from([0, 0, 8, 0, 7]), 'and a rank above 00, received 00 00 08 00'],
    ['a header cut off', good.subarray(0, 11), 'to have 12 bytes for 2 axes, received 11'],
    ['values cut off', good.subarray(0, 17), 'to have 18 bytes for its shape [2, 3], received 17'],
    ['values left over', Buffer.concat([good, Buffer.of(0)]), 'to have 18 bytes for its shape [2, 3], received 19'],
    ['another type than the values', Buffer.concat([Buffer.of(0, 0, 0x0c, 2), good.subarray(4)]), 'to have 36 bytes'],
    [
      'a vast shape',
      ofBytes([0xffffffff, 0xffffffff], [1]),
      'bytes for its shape [4294967295, 4294967295], received 13',
    ],
    ['255 axes', Buffer.concat([Buffer.of(0, 0, 8, 255), Buffer.alloc(1020, 255)]), 'for its shape [4294967295'],
    ['gzip data cut off', packed.subarray(0, 20), 'readIdx: expected a.idx to '],
    ['gzip data of too few bytes', packed.subarray(0, 9), 'to be gzip data of at least 18 bytes, received 9 bytes'],
    ['gzip data that claim to be vast', longer, `at byte ${packed.length - 4}, its length`],
    ['gzip data that claim to be less', shorter, 'to be gzip data of 3 bytes, received a fault'],
  ])('refuses %s', (_, bytes, message) => {
    const parse = (): IdxArray => parseIdx(bytes, 'a.idx');
    expect(parse).toThrow(message);
    expect(parse).toThrow(ArgumentError);
  });

  it('gives an error of ours or an array of the size of the file, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.boolean(), (at, byte, isPacked) => {
        const bytes = Buffer.from(isPacked ? packed : good);
        bytes[at] = byte;
        try {
          const { shape, values } = parseIdx(bytes, 'a.idx');
          expect(values.length).toBe(shape.reduce((product, length) => product * length, 1));
          expect(values.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ArgumentError);
        }
      }),
    );
  });
});

describe('readIdx', () => {
  it('reads a file, and names one that is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nabla-idx-'));
    await writeFile(join(folder, 'a.idx'), ofBytes([2], [7, 8]));
    expect(await readIdx(join(folder, 'a.idx'))).toEqual({ shape: [2], values: Uint8Array.of(7, 8) });
    await expect(readIdx(join(folder, 'none.idx'))).rejects.toThrow(
      'to be a file that can be read, received no such file',
    );
    await rm(folder, { recursive: true });
  });
});

describe('idxImages', () => {
  const images = { source: 'images', bytes: ofBytes([2, 1, 2], [0, 255, 51, 0]) };
  const labels = { source: 'labels', bytes: ofBytes([2], [3, 0]) };

  it('puts pixels and labels together', () => {
    const { pixels, shape, labels: ids } = idxImages([images, labels], 4);
    expect([[...pixels], shape, [...ids]]).toEqual([
      [0, 255, 51, 0],
      [1, 2, 1],
      [3, 0],
    ]);
  });

  it.each([
    [
      'labels in the place of images',
      [labels, labels],
      4,
      'expected labels to hold bytes of 3 axes, received bytes of shape [2]',
    ],
    ['images in the place of labels', [images, images], 4, 'expected images to hold bytes of 1 axis'],
    [
      'a label too many',
      [images, { ...labels, bytes: ofBytes([3], [0, 0, 0]) }],
      4,
      'labels to have 2 labels, one for each image of images, received 3',
    ],
    ['a label without a class', [images, labels], 3, 'expected labels, label 0 to be from 0 to 2, received 3'],
    ['one file', [images], 3, 'expected the files to be two, images and labels, received 1'],
    [
      'values of another type',
      [images, { source: 'labels', bytes: Buffer.from([0, 0, 9, 1, 0, 0, 0, 0]) }],
      3,
      'to hold bytes',
    ],
  ])('refuses %s', (_, files, classes, message) => {
    expect(() => idxImages(files, classes)).toThrow(message);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of tar archives that the system's tar wrote, of CIFAR-10 in one, and of damaged ones.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ArgumentError } from '@nabla/core';
import * as fc from 'fast-check';
import { cifar10 } from '../datasets/cifar-10.ts';
import { cifarImages } from './cifar.ts';
import { tarFiles } from './tar.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nabla-tar-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An archive of files by name, written by the system's tar. */
function pack(files: Record<string, Uint8Array | string>, format = 'ustar'): Buffer {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, 'in', name, '..'), { recursive: true });
    writeFileSync(join(folder, 'in', name), content);
  }
  execFileSync('tar', [`--format=${format}`, '-czf', join(folder, 'a.tgz'), '-C', join(folder, 'in'), '.']);
  return readFileSync(join(folder, 'a.tgz'));
}
const texts = (archive: Uint8Array): Record<string, string> =>
  Object.fromEntries([...tarFiles(archive, 'a.tgz')].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]));

describe('tarFiles', () => {
  const files = {
    'a.txt': 'one',
    'b/c.txt': 'x'.repeat(512),
    'b/empty': '',
    [`${'d'.repeat(90)}/${'e'.repeat(90)}`]: 'long',
  };
  const expected = Object.fromEntries(Object.entries(files).map(([name, text]) => [`./${name}`, text]));

  it('reads files in folders, empty ones, and names of two parts; leaves out links', () => {
    mkdirSync(join(folder, 'in'));
    symlinkSync('a.txt', join(folder, 'in', 'link'));
    const archive = pack(files);
    expect(texts(archive)).toEqual(expected);
    expect(texts(gunzipSync(archive))).toEqual(expected);
  });

  it('reads what GNU and POSIX tar write where names are short', () => {
    expect(texts(pack({ 'a.txt': 'one' }, 'gnu'))).toEqual({ './a.txt': 'one' });
    expect(texts(pack({ 'a.txt': 'one' }, 'posix'))).toEqual({ './a.txt': 'one' });
  });

  it.each(['gnu', 'posix'])('refuses a name that stands elsewhere, format %s', (format) => {
    const archive = pack({ [`${'d'.repeat(200)}/${'e'.repeat(200)}`]: 'long' }, format);
    expect(() => tarFiles(archive, 'a.tgz')).toThrow('to have a name of at most 255 characters, received a longer one');
  });

  it('refuses archives that are cut off, or none', () => {
    const archive = gunzipSync(pack({ 'a.txt': 'x'.repeat(2000) }));
    const start = archive.indexOf('./a.txt');
    expect(() => tarFiles(archive.subarray(0, start + 512 + 100), 'a.tar')).toThrow(
      `readTar: expected a.tar, ./a.txt at byte ${start} to have 2000 bytes, received 100. The file is damaged`,
    );
    expect(() => tarFiles(archive.subarray(0, start), 'a.tar')).toThrow(`byte ${start} to be the end or another file`);
    expect(() => tarFiles(Buffer.alloc(0), 'a.tar')).toThrow('byte 0 to be the end or another file, received nothing');
    expect(() => tarFiles(Buffer.alloc(600, 'x'), 'a.tar')).toThrow('the checksum at byte 148 to be an octal number');
  });

  it('finds any damage to a header', () => {
    const archive = gunzipSync(pack({ 'a.txt': 'one' }));
    const start = archive.indexOf('./a.txt');
    fc.assert(
      fc.property(fc.nat(511), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(archive);
        damaged[start + at] ^= change;
        try {
          expect(texts(damaged)).toEqual({ './a.txt': 'one' }); // in what does not matter, such as spaces in the checksum
        } catch (error) {
          expect(error).toBeInstanceOf(ArgumentError);
        }
      }),
    );
  });
});

describe('CIFAR-10', () => {
  const record = (label: number): Buffer =>
    Buffer.concat([Buffer.of(label), Buffer.alloc(1024, 10), Buffer.alloc(1024, 20), Buffer.alloc(1024, 30 + label)]);
  const batch = (...labels: number[]): Buffer => Buffer.concat(labels.map(record));
  const source = (files: Record<string, Uint8Array>): { source: string; bytes: Uint8Array }[] => {
    const named = Object.entries(files).map(([name, bytes]) => [`cifar-10-batches-bin/${name}`, bytes]);
    pack(Object.fromEntries(named));
    execFileSync('tar', ['-czf', join(folder, 'c.tgz'), '-C', join(folder, 'in'), 'cifar-10-batches-bin']);
    return [{ source: 'c.tgz', bytes: readFileSync(join(folder, 'c.tgz')) }];
  };

  it('puts the batches of a part together, colours last', () => {
    const files = Object.fromEntries([1, 2, 3, 4, 5].map((number) => [`data_batch_${number}.bin`, batch(number)]));
    const archive = source({ ...files, 'test_batch.bin': batch(9, 0) });
    const train = cifar10.read(archive, 'train');
    expect([train.shape, [...train.labels], train.pixels.length]).toEqual([[32, 32, 3], [1, 2, 3, 4, 5], 5 * 3072]);
    const test = cifar10.read(archive, 'test');
    expect([...test.labels]).toEqual([9, 0]);
    expect([...test.pixels.subarray(0, 6), ...test.pixels.subarray(3072, 3075)]).toEqual([
      10, 20, 39, 10, 20, 39, 10, 20, 30,
    ]);
  });

  it.each<[string, Record<string, Uint8Array>, string]>([
    [
      'without a file',
      { 'a.bin': batch(1) },
      'expected c.tgz, cifar-10-batches-bin/b.bin to be in the archive, received none',
    ],
    ['of half a record', { 'b.bin': batch(1).subarray(1) }, 'to have a multiple of 3073 bytes, received 3072'],
    ['with a label too great', { 'b.bin': batch(1, 10) }, 'the label at byte 3073 to be from 0 to 9, received 10'],
  ])('refuses an archive %s', (_, files, message) => {
    expect(() => cifarImages(source(files), ['cifar-10-batches-bin/b.bin'], 10)).toThrow(message);
  });
});

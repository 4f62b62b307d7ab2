// SPDX-License-Identifier: Apache-2.0
// Tests of zip archives, and of damaged ones.

import { crc32, deflateRawSync } from 'node:zlib';
import { ArgumentError } from '@nabla/core';
import * as fc from 'fast-check';
import { memberOf, openArchive } from './archive.ts';
import { zipFiles } from './zip.ts';

interface Packed {
  readonly name: string;
  readonly content: string;
  readonly method?: number;
  readonly flags?: number;
  /** Where the directory says that the file is. Default: where it is. */
  readonly offset?: number;
}

/** An archive as APPNOTE 4.3 lays it out: local headers with their files, then the directory, then the record of the end. */
function zip(files: readonly Packed[], comment = ''): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, method = 8, flags = 0, offset = at } of files) {
    const bytes = method === 8 ? deflateRawSync(content) : Buffer.from(content);
    const shared = Buffer.alloc(26); // version to the length of the extra field, the same in both headers
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(flags, 2);
    shared.writeUInt16LE(method, 4);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(bytes.length, 14);
    shared.writeUInt32LE(Buffer.byteLength(content), 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), bytes]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), shared, rest, Buffer.from(name));
    parts.push(local);
    at += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([...parts, ...directory, end, Buffer.from(comment)]);
}

const texts = (bytes: Uint8Array): Record<string, string> =>
  Object.fromEntries([...zipFiles(bytes, 'a.zip')].map(([name, content]) => [name, Buffer.from(content).toString()]));

const files = [
  { name: 'a.txt', content: 'one' },
  { name: 'folder/', content: '', method: 0 },
  { name: 'folder/ä.txt', content: 'x'.repeat(5000) },
  { name: 'empty', content: '', method: 0 },
  { name: 'stored', content: 'as it is', method: 0 },
];
const expected = { 'a.txt': 'one', 'folder/ä.txt': 'x'.repeat(5000), empty: '', stored: 'as it is' };

describe('zipFiles', () => {
  it.each(['', 'a comment', 'PK\x05\x06'])('reads an archive with the comment %j', (comment) => {
    expect(texts(zip(files, comment))).toEqual(expected);
  });

  it('reads an archive without files', () => {
    expect(texts(zip([]))).toEqual({});
  });

  const good = zip([{ name: 'a.txt', content: 'one' }]);
  const changed = (at: number, value: number, bytes = 4): Buffer => {
    const copy = Buffer.from(good);
    copy.writeUIntLE(value, at, bytes);
    return copy;
  };
  const directory = good.indexOf('PK\x01\x02');
  // Two entries of the directory for the one file that there is: each alone is right.
  const one = zip([{ name: 'a', content: 'y'.repeat(500), method: 0 }]);
  const start = one.indexOf('PK\x01\x02');
  const shared = Buffer.concat([one.subarray(0, -22), one.subarray(start)]);
  shared.writeUInt16LE(2, shared.length - 12);
  it.each<[string, Uint8Array, string]>([
    [
      'nothing',
      Buffer.alloc(0),
      'readZip: expected a.zip to end with the directory of a zip archive, received another',
    ],
    ['another file', Buffer.alloc(500, 65), 'to end with the directory of a zip archive'],
    ['an archive cut off', good.subarray(0, -1), 'to end with the directory of a zip archive'],
    ['an archive without its beginning', good.subarray(5), 'to be a header of 46 bytes'],
    ['a directory elsewhere', changed(good.length - 6, 4_000_000_000), 'to be a header of 46 bytes, received less'],
    [
      'a file elsewhere',
      changed(directory + 42, 4),
      'a.txt at byte 4 to be a header of 30 bytes, received another one',
    ],
    ['a file beyond the end', changed(directory + 42, 4_000_000_000), 'to be a header of 30 bytes, received less'],
    ['a wrong checksum', changed(directory + 16, 7), 'a.zip, a.txt to have the checksum 7, received '],
    ['a file that claims to be vast', changed(directory + 24, 0xffffffff), 'to unpack to at most 5160 bytes'],
    [
      'a file that claims to be shorter',
      changed(directory + 24, 2),
      'to be deflated data of 2 bytes, received a fault',
    ],
    ['a file that claims to be longer', changed(directory + 24, 4), 'to unpack to 4 bytes, received 3'],
    ['a packed size that is too great', changed(directory + 20, 9999), 'to hold at most'],
    ['a name beyond the directory', changed(directory + 28, 999, 2), 'to have a name of 999 bytes'],
    ['another method', changed(directory + 10, 12, 2), 'to be stored (0) or deflated (8), received method 12'],
    ['an encrypted file', zip([{ name: 'a', content: 'b', flags: 1 }]), 'not to be encrypted'],
    ['files that share their bytes', shared, `to hold at most ${shared.length} packed bytes, received 1000`],
  ])('refuses %s', (_, bytes, message) => {
    const read = (): unknown => zipFiles(bytes, 'a.zip');
    expect(read).toThrow(message);
    expect(read).toThrow(ArgumentError);
  });

  it('gives an error of ours or files no larger than they can be, whatever the bytes', () => {
    const archive = zip(files);
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.nat(255), fc.nat(archive.length), (at, byte, length) => {
        const bytes = Buffer.from(archive);
        bytes[at] = byte;
        try {
          const found = [...zipFiles(bytes.subarray(0, length), 'a.zip').values()];
          const size = found.reduce((total, content) => total + content.length, 0);
          expect(size).toBeLessThanOrEqual(archive.length * 1032);
        } catch (error) {
          expect(error).toBeInstanceOf(ArgumentError);
        }
      }),
    );
  });
});

describe('openArchive', () => {
  it('takes zip archives apart, and names a file that is not in one', () => {
    const archive = openArchive([{ source: 'a.zip', bytes: zip(files) }]);
    expect(Buffer.from(memberOf(archive, 'a.txt').bytes).toString()).toBe('one');
    expect(memberOf(archive, 'a.txt').source).toBe('a.zip, a.txt');
    expect(() => memberOf(archive, 'b.txt')).toThrow('expected a.zip, b.txt to be in the archive, received none');
    expect(() => openArchive([])).toThrow('expected the archive to be there, received none');
  });
});

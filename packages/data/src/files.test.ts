// SPDX-License-Identifier: Apache-2.0
// Tests of reading text and writing whole files.

import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeText, readText, writeWhole } from './files.ts';

const bytes = (...parts: (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))));

describe('decodeText', () => {
  it('decodes UTF-8 and drops a byte order mark', () => {
    expect(decodeText(bytes('\uFEFFnaïve — 🐋'), 'text')).toBe('naïve — 🐋');
  });

  it('refuses an empty file', () => {
    expect(() => decodeText(bytes(), 'a.txt')).toThrow(
      'readText: expected a.txt to hold text, received an empty file.',
    );
  });

  it.each([
    ['a byte of Latin-1', bytes('caf', 0xe9, ' noir'), '0xe9 at byte 3, line 1'],
    ['a later line', bytes('ä\nö\n', 0xff), '0xff at byte 6, line 3'],
    ['a character cut off at the end', bytes('abc', 0xe2, 0x80), '0xe2 at byte 3'],
    ['a stray continuation', bytes('🐋', 0x80, 'x'), '0x80 at byte 4'],
    ['a fault after a genuine U+FFFD', bytes('\uFFFD\uFFFD', 0xc0), '0xc0 at byte 6'],
    ['UTF-16', bytes(0xff, 0xfe, 'a', 0), '0xff at byte 0'],
  ])('says where %s is', (_, text, place) => {
    expect(() => decodeText(text, 'a.txt')).toThrow(`expected a.txt to be UTF-8 text, received the byte ${place}`);
  });
});

describe('files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nabla-files-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes a file whole, over an old one and into new folders', async () => {
    const path = join(folder, 'a', 'b.txt');
    await writeWhole('test', path, 'one');
    await writeWhole('test', path, 'two');
    expect(await readText(path)).toBe('two');
    expect(await readdir(join(folder, 'a'))).toEqual(['b.txt']);
  });

  it('does not read a device, which may have no end', async () => {
    if (process.platform === 'win32') return;
    await expect(readText('/dev/zero')).rejects.toThrow(/\/dev\/zero to be a file that can be read, received a device/);
  });

  it('leaves nothing behind when it cannot write', async () => {
    await writeFile(join(folder, 'file'), 'old');
    await expect(writeWhole('test', join(folder, 'file', 'x'), 'new')).rejects.toThrow('test: expected');
    await expect(writeWhole('test', folder, 'new')).rejects.toThrow('to be a file that can be written');
    expect(await readdir(folder)).toEqual(['file']);
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('old');
  });
});

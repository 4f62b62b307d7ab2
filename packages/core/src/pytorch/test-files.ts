// SPDX-License-Identifier: Apache-2.0
// What the tests of PyTorch's files share: a folder, pickles written instruction by instruction, and archives around them.

import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** A folder for the tests of a file; returns the path of a file in it. */
export function useFolder(): (name: string) => string {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nabla-pytorch-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  return (name) => join(folder, name);
}

/** Instructions of a pickle, as in Python's pickletools: bytes as numbers, text as it stands. */
export function pickle(...parts: (number | string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))));
}

/** BINUNICODE */
export function word(text: string): Buffer {
  const head = Buffer.alloc(5, 'X');
  head.writeUInt32LE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** BININT */
export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5, 'J');
  bytes.writeInt32LE(value, 1);
  return bytes;
}

/** A tensor of storage `key`. */
export function tensor(key: string, count: number, offset: number, shape: number[], strides: number[]): Buffer {
  const tuple = (values: number[]): Buffer => pickle('(', ...values.map(integer), 't');
  const storage = pickle('(', word('storage'), 'ctorch\nFloatStorage\n', word(key), word('cpu'), integer(count), 'tQ');
  return pickle('ctorch._utils\n_rebuild_tensor_v2\n(', storage, integer(offset), tuple(shape), tuple(strides), 'tR');
}

/** A dict of one entry, `x`. */
export function dictOf(value: Buffer): Buffer {
  return pickle(0x80, 2, '}', word('x'), value, 's.');
}

/** A member of an archive: its content, or how many bytes it would have. */
export type Content = Buffer | number;

/** A zip archive of stored members, as torch.save makes it. Members that are given by size take no room on the disk. */
export function writeArchive(path: string, members: Readonly<Record<string, Content>>): void {
  const directory: Buffer[] = [];
  const parts: [position: number, Buffer][] = [];
  let at = 0;
  for (const [name, content] of Object.entries(members)) {
    const bytes = typeof content === 'number' ? content : content.length;
    const [local, entry, extra] = [Buffer.alloc(30), Buffer.alloc(46), Buffer.alloc(28)];
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(name.length, 26);
    entry.writeUInt32LE(0x02014b50);
    if (typeof content !== 'number') entry.writeUInt32LE(crc32(content), 16);
    for (const field of [20, 24, 42]) entry.writeUInt32LE(0xffffffff, field);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(extra.length, 30);
    extra.writeUInt16LE(1);
    extra.writeUInt16LE(24, 2);
    [bytes, bytes, at].forEach((value, i) => extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
    directory.push(Buffer.concat([entry, Buffer.from(name), extra]));
    parts.push([at, Buffer.concat([local, Buffer.from(name)])]);
    at += local.length + name.length;
    if (typeof content !== 'number') parts.push([at, content]);
    at += bytes;
  }
  const listed = Buffer.concat(directory);
  const [end64, locator, end] = [Buffer.alloc(56), Buffer.alloc(20), Buffer.alloc(22, 0xff)];
  end64.writeUInt32LE(0x06064b50);
  end64.writeBigUInt64LE(BigInt(listed.length), 40);
  end64.writeBigUInt64LE(BigInt(at), 48);
  locator.writeUInt32LE(0x07064b50);
  locator.writeBigUInt64LE(BigInt(at + listed.length), 8);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(0, 20);
  parts.push([at, Buffer.concat([listed, end64, locator, end])]);
  writeParts(path, parts);
}

function writeParts(path: string, parts: readonly [position: number, Buffer][]): void {
  writeFileSync(path, '');
  const file = openSync(path, 'r+');
  try {
    for (const [position, bytes] of parts) writeSync(file, bytes, 0, bytes.length, position);
  } finally {
    closeSync(file);
  }
}

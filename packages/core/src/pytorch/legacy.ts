// SPDX-License-Identifier: Apache-2.0
// What torch.save wrote before version 1.6: five pickles, one after the other, then the storages, each with its length.

import type { FileHandle } from 'node:fs/promises';

import { FILE_TYPES } from '../safetensors/format.ts';
import { ByteReader } from './byte-reader.ts';
import type { Contents } from './contents.ts';
import { pickleError } from './errors.ts';
import { readPickle } from './pickle.ts';
import { PickledDict, PickledList, type PickledStorage, PickledTensor, type PickleValue, kindOf } from './values.ts';
import type { Member } from './zip-directory.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
/** The first pickle: the number above, which is all that it holds. */
const HEAD = Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]);
const VERSION = 1001;

/** Whether a file begins as one of the old format does. */
export function isLegacy(head: Uint8Array): boolean {
  return HEAD.equals(head.subarray(0, HEAD.length));
}

/** Reads magic number, version, system, value and keys; then finds each storage, in the order of the keys. */
export function readLegacy({ fd }: FileHandle, file: string, size: number): Contents {
  const reader = new ByteReader(fd, file, 0, size);
  expectValue(reader, readPickle(reader), MAGIC, 'the number that marks a file of torch.save');
  expectValue(reader, readPickle(reader), VERSION, `the version ${VERSION} of its format`);
  const system = readPickle(reader);
  if (system instanceof PickledDict && system.get('little_endian') === false) {
    const hint = 'Save it on a little-endian machine.';
    throw pickleError({ file, expected: 'to be little-endian', received: 'big-endian', hint });
  }
  const value = readPickle(reader);
  const keys = readPickle(reader);
  if (!(keys instanceof PickledList)) throw reader.error('to list its storages', kindOf(keys));
  const storages = storagesOf(value);
  const members = new Map<PickleValue, Member>();
  let position = reader.position;
  for (const key of keys.items) {
    const storage = storages.get(key);
    if (storage === undefined) throw reader.error('to list storages that it uses', kindOf(key));
    const count = Number(new ByteReader(fd, file, position, size).view(8).getBigInt64(0, true));
    const bytes = count * FILE_TYPES[storage.dtype].bytes;
    const start = position + 8;
    if (!(count >= 0 && start + bytes <= size)) {
      throw reader.error(`to have ${bytes} bytes at ${start}`, `${Math.max(0, size - start)}`);
    }
    members.set(key, { start, bytes });
    position = start + bytes;
  }
  return { value, find: ({ key }) => members.get(key) };
}

function expectValue(reader: ByteReader, value: PickleValue, wanted: PickleValue, words: string): void {
  if (value !== wanted) throw reader.error(`to have ${words}`, kindOf(value));
}

/** All storages that a value refers to. Values may hold themselves, and be nested without end: each is looked at once. */
function storagesOf(value: PickleValue): Map<PickleValue, PickledStorage> {
  const found = new Map<PickleValue, PickledStorage>();
  const seen = new Set<PickleValue>();
  const waiting: PickleValue[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (next instanceof PickledTensor) found.set(next.storage.key, next.storage);
    else if (next instanceof PickledDict) for (const [, inner] of next.entries) waiting.push(inner);
    else if (next instanceof PickledList) for (const inner of next.items) waiting.push(inner);
    else if (Array.isArray(next)) for (const inner of next as readonly PickleValue[]) waiting.push(inner);
  }
  return found;
}

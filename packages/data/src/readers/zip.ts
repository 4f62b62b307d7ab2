// SPDX-License-Identifier: Apache-2.0
// zip archives: the files in them by name, stored or deflated.

import { crc32, inflateRawSync } from 'node:zlib';
import { ArgumentError } from '@nabla/core';
import { messageOf } from '../files.ts';
import { GREATEST_RATIO } from './gzip.ts';

const END = { signature: 0x06054b50, bytes: 22 };
const ENTRY = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
const LONGEST_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  readonly packed: number; // bytes
  readonly size: number; // bytes
  readonly offset: number; // of its local header
}

/**
 * The files of a zip archive, as its directory at the end lists them. Folders are left out. Every size and offset is checked before
 * it is used, and every file by its checksum.
 *
 * @param bytes   the archive
 * @param source  its name in errors, such as a path
 * @returns       contents by name
 * @throws {ArgumentError} the archive is damaged or incomplete, encrypted, larger than 4 GiB, or packed by another method than
 *   deflate (code `ZIP`)
 * @see APPNOTE 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function zipFiles(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = new Map<string, Uint8Array>();
  let packed = 0;
  for (const entry of entriesOf(view, source)) {
    packed += entry.packed;
    // Entries that share bytes could otherwise unpack to far more than their archive can hold.
    if (packed > bytes.length) throw zipError(source, `to hold at most ${bytes.length} packed bytes`, `${packed}`);
    if (!entry.name.endsWith('/')) files.set(entry.name, unpack(view, entry, `${source}, ${entry.name}`));
  }
  return files;
}

/** The list of files at the end of the archive. */
function entriesOf(view: DataView, source: string): Entry[] {
  const end = findEnd(view, source);
  const count = view.getUint16(end + 10, true);
  const entries: Entry[] = [];
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    const place = `${source}, entry ${i} at byte ${at}`;
    checkHeader(view, at, end, ENTRY, place);
    const length = view.getUint16(at + 28, true);
    const rest = view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (at + ENTRY.bytes + length > end) throw zipError(place, `to have a name of ${length} bytes`, 'less');
    if ((view.getUint16(at + 8, true) & 1) === 1) throw zipError(place, 'not to be encrypted', 'an encrypted file');
    entries.push({
      name: Buffer.from(view.buffer, view.byteOffset + at + ENTRY.bytes, length).toString('utf8'),
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at += ENTRY.bytes + length + rest;
  }
  return entries;
}

/** Where the record stands that ends the archive; a comment of any length comes after it. */
function findEnd(view: DataView, source: string): number {
  const last = view.byteLength - END.bytes;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) === END.signature && at + view.getUint16(at + 20, true) === last) return at;
  }
  throw zipError(source, 'to end with the directory of a zip archive', 'another end');
}

function checkHeader(view: DataView, at: number, end: number, kind: typeof ENTRY, place: string): void {
  if (at + kind.bytes <= end && view.getUint32(at, true) === kind.signature) return;
  throw zipError(place, `to be a header of ${kind.bytes} bytes`, at + kind.bytes <= end ? 'another one' : 'less');
}

function unpack(view: DataView, { method, checksum, packed, size, offset }: Entry, place: string): Uint8Array {
  checkHeader(view, offset, view.byteLength, LOCAL, `${place} at byte ${offset}`);
  const start = offset + LOCAL.bytes + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packed > view.byteLength) {
    throw zipError(place, `to have ${packed} bytes`, `${Math.max(view.byteLength - start, 0)}`);
  }
  const most = method === STORED ? packed : packed * GREATEST_RATIO;
  if (size > most) throw zipError(place, `to unpack to at most ${most} bytes`, `${size}`);
  const content = inflate(new Uint8Array(view.buffer, view.byteOffset + start, packed), method, size, place);
  if (content.length !== size) throw zipError(place, `to unpack to ${size} bytes`, `${content.length}`);
  if (crc32(content) !== checksum) {
    throw zipError(place, `to have the checksum ${checksum.toString(16)}`, crc32(content).toString(16));
  }
  return content;
}

function inflate(bytes: Uint8Array, method: number, size: number, place: string): Uint8Array {
  if (method === STORED) return bytes;
  if (method !== DEFLATED) throw zipError(place, 'to be stored (0) or deflated (8)', `method ${method}`);
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(size, 1) });
  } catch (error) {
    throw zipError(place, `to be deflated data of ${size} bytes`, `a fault: ${messageOf(error)}`, error);
  }
}

function zipError(argument: string, expected: string, received: string, cause?: unknown): ArgumentError {
  const hint = 'The file is damaged, incomplete, or no zip archive that can be read: unpack it first with unzip.';
  return new ArgumentError({ op: 'readZip', argument, expected, received, hint }, 'ZIP', { cause });
}

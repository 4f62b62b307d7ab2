// SPDX-License-Identifier: Apache-2.0
// Where the members of a zip archive lie in its file. torch.save stores them as they are, so that they can be read in pieces.

import { type FileHandle } from 'node:fs/promises';

import { readFully } from '../safetensors/header.ts';
import { pickleError } from './errors.ts';

const LOCAL = { signature: 0x04034b50, bytes: 30 };
const ENTRY = { signature: 0x02014b50, bytes: 46 };
const END = { signature: 0x06054b50, bytes: 22 };
const END64 = { signature: 0x06064b50, bytes: 56 };
const LOCATOR64 = { signature: 0x07064b50, bytes: 20 };

const LONGEST_COMMENT = 0xffff;
const LONGEST_DIRECTORY = 1 << 26; // bytes: room for half a million members
const IN_EXTRA_FIELD = 0xffffffff;
const ZIP64_FIELD = 1;
const NOT_COMPUTED = 0; // the CRC-32 that PyTorch writes after torch.serialization.set_crc32_options(False)

/** A member that is stored as it is. */
export interface Member {
  /** Its first byte in the file. */
  readonly start: number;
  readonly bytes: number;
  /** What its bytes must come to; undefined where the file does not tell. */
  readonly checksum?: { readonly name: string; readonly crc32: number } | undefined;
}

interface Directory {
  readonly start: number;
  readonly bytes: number;
}

/**
 * The members of an archive by name, also of one of more than 4 GiB (zip64).
 *
 * @throws {ArgumentError} the archive is damaged or incomplete, or has a packed or encrypted member (code `PICKLE`)
 * @see APPNOTE 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function readZipDirectory(handle: FileHandle, file: string): Promise<Map<string, Member>> {
  const { size } = await handle.stat();
  const { start, bytes } = await findDirectory(handle, file, size);
  const view = await readView(handle, file, start, bytes);
  const members = new Map<string, Member>();
  for (let at = 0; at < bytes;) {
    const place = `entry ${members.size} of its directory`;
    checkHeader(view, at, ENTRY, file, place);
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const next = at + ENTRY.bytes + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (next > bytes) throw zipError(file, `to have all of ${place}`, 'a part');
    const name = Buffer.from(view.buffer, at + ENTRY.bytes, nameBytes).toString('utf8');
    const extra = new DataView(view.buffer, at + ENTRY.bytes + nameBytes, extraBytes);
    const [method, isEncrypted] = [view.getUint16(at + 10, true), (view.getUint16(at + 8, true) & 1) === 1];
    if (method !== 0 || isEncrypted) {
      const received = isEncrypted ? `${name}, which is encrypted` : `${name}, which is packed`;
      throw zipError(file, 'to have members that are stored as they are', received, 'Save it with torch.save.');
    }
    const [length, , offset] = sizesOf(view, at, extra, file, name);
    const sum = view.getUint32(at + 16, true);
    const checksum = sum === NOT_COMPUTED ? undefined : { name, crc32: sum };
    const start = await findContent(handle, file, name, offset, length, size);
    members.set(name, { start, bytes: length, checksum });
    at = next;
  }
  return members;
}

/** The directory, as the record at the end of the archive tells it; a comment of any length comes after that. */
async function findDirectory(handle: FileHandle, file: string, size: number): Promise<Directory> {
  const tail = await readView(handle, file, Math.max(0, size - END.bytes - LONGEST_COMMENT));
  for (let end = tail.byteLength - END.bytes; end >= 0; end--) {
    const isEnd = tail.getUint32(end, true) === END.signature;
    if (!isEnd || end + END.bytes + tail.getUint16(end + 20, true) !== tail.byteLength) continue;
    const at = size - tail.byteLength + end;
    const directory = (await findDirectory64(handle, file, at)) ?? {
      start: tail.getUint32(end + 16, true),
      bytes: tail.getUint32(end + 12, true),
    };
    const { start, bytes } = directory;
    if (!(start + bytes <= at)) throw zipError(file, `to have ${bytes} bytes at ${start}`, `${at} in all`);
    if (bytes <= LONGEST_DIRECTORY) return directory;
    throw zipError(file, `to have a directory of at most ${LONGEST_DIRECTORY} bytes`, `${bytes}`);
  }
  throw zipError(file, 'to end with the directory of a zip archive', 'another end');
}

/** The directory of an archive in the zip64 format, which says so right before its end. */
async function findDirectory64(handle: FileHandle, file: string, end: number): Promise<Directory | undefined> {
  if (end < LOCATOR64.bytes + END64.bytes) return undefined;
  const locator = await readView(handle, file, end - LOCATOR64.bytes, LOCATOR64.bytes);
  if (locator.getUint32(0, true) !== LOCATOR64.signature) return undefined;
  const at = Number(locator.getBigUint64(8, true));
  if (!(at + END64.bytes <= end)) throw zipError(file, `to have its zip64 record before byte ${end}`, `${at}`);
  const record = await readView(handle, file, at, END64.bytes);
  checkHeader(record, 0, END64, file, 'its zip64 record');
  return { start: Number(record.getBigUint64(48, true)), bytes: Number(record.getBigUint64(40, true)) };
}

/** Size, packed size and place of a member; those that 32 bits cannot hold stand in an extra field, in this order. */
function sizesOf(view: DataView, at: number, extra: DataView, file: string, name: string): number[] {
  const inExtra: number[] = [];
  for (let field = 0; field + 4 <= extra.byteLength;) {
    const [id, bytes] = [extra.getUint16(field, true), extra.getUint16(field + 2, true)];
    const end = Math.min(field + 4 + bytes, extra.byteLength);
    for (let word = field + 4; id === ZIP64_FIELD && word + 8 <= end; word += 8) {
      inExtra.push(Number(extra.getBigUint64(word, true)));
    }
    field += 4 + bytes;
  }
  return [24, 20, 42].map((field) => {
    const value = view.getUint32(at + field, true);
    if (value !== IN_EXTRA_FIELD) return value;
    const long = inExtra.shift();
    if (long === undefined) throw zipError(file, `to tell the size and place of ${name}`, 'neither');
    return long;
  });
}

/** Where a member's bytes begin: behind a header of its own. */
async function findContent(
  handle: FileHandle,
  file: string,
  name: string,
  offset: number,
  length: number,
  size: number,
): Promise<number> {
  if (!(offset + LOCAL.bytes <= size)) throw zipError(file, `to have ${name} at byte ${offset}`, `${size} in all`);
  const header = await readView(handle, file, offset, LOCAL.bytes);
  checkHeader(header, 0, LOCAL, file, name);
  const start = offset + LOCAL.bytes + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + length <= size) return start;
  throw zipError(file, `to have ${length} bytes of ${name} at ${start}`, `${Math.max(0, size - start)}`);
}

async function readView(handle: FileHandle, file: string, start: number, bytes?: number): Promise<DataView> {
  const content = new Uint8Array(bytes ?? (await handle.stat()).size - start);
  await readFully(handle, content, start, file);
  return new DataView(content.buffer);
}

function checkHeader(view: DataView, at: number, kind: typeof ENTRY, file: string, place: string): void {
  const isThere = at + kind.bytes <= view.byteLength;
  if (isThere && view.getUint32(at, true) === kind.signature) return;
  throw zipError(file, `to have a header for ${place}`, isThere ? 'something else' : 'less');
}

function zipError(file: string, expected: string, received: string, hint?: string): Error {
  return pickleError({ file, expected, received, ...(hint !== undefined && { hint }) });
}

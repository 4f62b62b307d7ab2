// SPDX-License-Identifier: Apache-2.0
// Files as bytes and as text, with errors that say which file and where in it.

import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ArgumentError, makeFolder } from '@nabla/core';

/**
 * The bytes of a file.
 *
 * @throws {ArgumentError} the file is missing, is a folder, or cannot be read (code `FILE`)
 */
export async function readBytes(op: string, path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (found.isCharacterDevice() || found.isBlockDevice()) throw new Error('a device, which may have no end');
    return await readFile(path);
  } catch (error) {
    throw fileError(op, path, 'to be a file that can be read', error);
  }
}

/**
 * The text of a UTF-8 file, without a byte order mark.
 *
 * @throws {ArgumentError} the file cannot be read (code `FILE`), is empty or is not UTF-8 (code `TEXT`)
 */
export async function readText(path: string): Promise<string> {
  return decodeText(await readBytes('readText', path), path);
}

/**
 * UTF-8 bytes as text, without a byte order mark.
 *
 * @param bytes   what to decode
 * @param source  the name of the bytes in errors, such as a path
 * @throws {ArgumentError} there are no bytes, or they are not UTF-8: names the first bad byte (code `TEXT`)
 */
export function decodeText(bytes: Uint8Array, source: string): string {
  const op = 'readText';
  if (bytes.length === 0) {
    throw new ArgumentError({ op, argument: source, expected: 'to hold text', received: 'an empty file' }, 'TEXT');
  }
  if (!isUtf8(bytes)) {
    const offset = firstInvalidByte(bytes);
    const line = 1 + bytes.subarray(0, offset).filter((byte) => byte === 10).length;
    const value = (bytes[offset] ?? 0).toString(16).padStart(2, '0');
    const received = `the byte 0x${value} at byte ${offset}, line ${line}`;
    const hint = 'Convert it first, for example: iconv -f ISO-8859-1 -t UTF-8 OLD > NEW';
    throw new ArgumentError({ op, argument: source, expected: 'to be UTF-8 text', received, hint }, 'TEXT');
  }
  try {
    return new TextDecoder().decode(bytes);
  } catch (error) {
    const received = `${bytes.length} bytes, more than a string can hold`;
    const hint = 'Split it into smaller files.';
    throw new ArgumentError({ op, argument: source, expected: 'to be shorter', received, hint }, 'TEXT', {
      cause: error,
    });
  }
}

/** The first byte that is no UTF-8: where a decoder that forgives writes U+FFFD and the bytes do not say U+FFFD themselves. */
function firstInvalidByte(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let offset = 0;
  let start = 0;
  for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', start)) {
    offset += Buffer.byteLength(text.slice(start, at));
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) break;
    offset += 3;
    start = at + 1;
  }
  return offset;
}

/**
 * Writes a file so that a crash leaves either the old file or the new one: a temporary name, a flush to the disk, a rename.
 *
 * @throws {ArgumentError} the file cannot be written (code `FILE`), nor its folder be made (code `FOLDER`)
 */
export async function writeWhole(op: string, path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = temporaryName(path);
  makeFolder(op, dirname(path));
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(op, path, 'to be a file that can be written', error);
  }
}

/** A name beside `path` that nobody else uses. */
export function temporaryName(path: string): string {
  return `${path}.${randomUUID()}.part`;
}

/** Whether a path is a file, a folder, or neither (missing, or not to be reached). */
export async function kindOfPath(path: string): Promise<'file' | 'folder' | 'missing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'missing';
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a path through something that is no folder',
  EISDIR: 'a folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'a file system that is read-only',
  ENOSPC: 'no space left on the disk',
};

/** The error for a failed file operation, with the system's own words. */
export function fileError(op: string, path: string, expected: string, error: unknown): ArgumentError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const reason = reasons[code];
  const received = reason === undefined ? messageOf(error) : `${reason} (${code})`;
  return new ArgumentError(
    { op, argument: path, expected, received, hint: `Its full path is ${resolve(path)}.` },
    'FILE',
    {
      cause: error,
    },
  );
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

// SPDX-License-Identifier: Apache-2.0
// tar archives: the files in them by name, as views of the archive's bytes.

import { ArgumentError } from '@nabla/core';
import { gunzip, isGzip } from './gzip.ts';

const BLOCK = 512;

/** What stands for a header where the archive ends. */
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/**
 * The files of a tar archive, packed with gzip or not. Folders and links are left out.
 *
 * @param bytes   the archive
 * @param source  its name in errors, such as a path
 * @returns       contents by name; views of the unpacked archive
 * @throws {ArgumentError} it cannot be unpacked (code `GZIP`), is damaged or incomplete, or has a file whose name is longer than
 *   the format's own 255 characters (code `TAR`)
 * @see POSIX.1-1988 "ustar", https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
 */
export function tarFiles(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  const archive = isGzip(bytes) ? gunzip('readTar', bytes, source) : bytes;
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + BLOCK <= archive.length) {
    const header = archive.subarray(at, at + BLOCK);
    if (isZero(header)) return files;
    const { name, size, type } = parseHeader(header, source, at);
    const start = at + BLOCK;
    if (start + size > archive.length) {
      throw tarError(source, `${name} at byte ${at}`, `to have ${size} bytes`, `${archive.length - start}`);
    }
    if (type === '0' || type === '\0') files.set(name, archive.subarray(start, start + size));
    if (type === 'L' || type === 'x') refuseLongName(archive.subarray(start, start + size), type, source, at);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw tarError(source, `byte ${at}`, 'to be the end or another file', 'nothing');
}

function parseHeader(header: Uint8Array, source: string, at: number): { name: string; size: number; type: string } {
  const text = (start: number, length: number): string => {
    const field = header.subarray(start, start + length);
    const end = field.indexOf(0);
    return Buffer.from(end === -1 ? field : field.subarray(0, end)).toString('utf8');
  };
  const octal = (start: number, length: number, field: string): number => {
    const digits = text(start, length).trim();
    if (/^[0-7]+$/.test(digits)) return parseInt(digits, 8);
    throw tarError(source, `the ${field} at byte ${at + start}`, 'to be an octal number', JSON.stringify(digits));
  };
  const stated = octal(148, 8, 'checksum');
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (sum !== stated) throw tarError(source, `the header at byte ${at}`, `to have the sum ${stated}`, `${sum}`);
  const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
  const name = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
  return { name, size: octal(124, 12, 'size'), type: text(156, 1) || '\0' };
}

/** A name that stands in a member of its own would be lost. */
function refuseLongName(content: Uint8Array, type: string, source: string, at: number): void {
  if (type === 'x' && !/\d+ path=/.test(Buffer.from(content).toString('latin1'))) return;
  throw tarError(source, `the member at byte ${at}`, 'to have a name of at most 255 characters', 'a longer one');
}

function tarError(source: string, place: string, expected: string, received: string): ArgumentError {
  const hint = 'The file is damaged, incomplete, or no tar archive.';
  return new ArgumentError({ op: 'readTar', argument: `${source}, ${place}`, expected, received, hint }, 'TAR');
}

// SPDX-License-Identifier: Apache-2.0
// gzip bytes unpacked, never to more than the file itself says.

import { gunzipSync } from 'node:zlib';
import { ArgumentError } from '@nabla/core';
import { messageOf } from '../files.ts';

/** Deflate writes at least one bit for 258 bytes, hence 1 byte for at most 1032. */
export const GREATEST_RATIO = 1032;

/** Whether bytes begin as gzip data do. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip data of one member. Its last four bytes say how long the result is: a file that says more than its bytes could
 * possibly hold is refused before anything is allocated, and one that says less than it holds is cut off there.
 *
 * @param bytes   gzip data, below 4 GiB when unpacked
 * @param source  the name of the bytes in errors, such as a path
 * @throws {ArgumentError} the data are damaged, incomplete, or not one member (code `GZIP`)
 * @see RFC 1952, https://www.rfc-editor.org/rfc/rfc1952
 */
export function gunzip(op: string, bytes: Uint8Array, source: string): Uint8Array {
  const hint = 'The file is damaged, incomplete, or made of several gzip files: unpack it first with gunzip.';
  const fail = (expected: string, received: string, cause?: unknown): never => {
    throw new ArgumentError({ op, argument: source, expected, received, hint }, 'GZIP', { cause });
  };
  if (bytes.length < 18) return fail('to be gzip data of at least 18 bytes', `${bytes.length} bytes`);
  const length = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
  if (length > bytes.length * GREATEST_RATIO) {
    return fail(
      `to unpack to at most ${bytes.length * GREATEST_RATIO} bytes`,
      `${length} at byte ${bytes.length - 4}, its length`,
    );
  }
  try {
    const unpacked = gunzipSync(bytes, { maxOutputLength: Math.max(length, 1) });
    if (unpacked.length === length) return unpacked;
    return fail(`to unpack to ${length} bytes`, `${unpacked.length}`);
  } catch (error) {
    if (error instanceof ArgumentError) throw error;
    return fail(`to be gzip data of ${length} bytes`, `a fault: ${messageOf(error)}`, error);
  }
}

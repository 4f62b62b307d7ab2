// SPDX-License-Identifier: Apache-2.0
// Whether a member of an archive is what was written: of a damaged storage, any bits are numbers.

import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

import { readFully } from '../safetensors/header.ts';
import { pickleError } from './errors.ts';
import type { Member } from './zip-directory.ts';

const PIECE_BYTES = 1 << 20;

/** Members that are whole: many tensors can be views of one storage, which is read for this once. */
const whole = new WeakSet<Member>();

/**
 * Compares a member with the checksum that the archive has of it, if it has one.
 *
 * @throws {ArgumentError} the member is damaged (code `PICKLE`)
 */
export async function checkMember(handle: FileHandle, file: string, member: Member): Promise<void> {
  const { start, bytes, checksum } = member;
  if (checksum === undefined || whole.has(member)) return;
  const piece = new Uint8Array(Math.min(PIECE_BYTES, bytes));
  let sum = 0;
  for (let at = 0; at < bytes; at += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, bytes - at));
    await readFully(handle, part, start + at, file);
    sum = crc32(part, sum);
  }
  if (sum !== checksum.crc32) {
    const expected = `to have ${checksum.name} with the CRC-32 ${hexadecimal(checksum.crc32)}`;
    throw pickleError({ file, expected, received: hexadecimal(sum) });
  }
  whole.add(member);
}

function hexadecimal(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

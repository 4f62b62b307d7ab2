// SPDX-License-Identifier: Apache-2.0
// What a command reads from stdin.

import { buffer } from 'node:stream/consumers';

import { ArgumentError } from '@nabla/core';

/** What stands for stdin among the words of a command. */
export const STDIN = '-';

/**
 * All of stdin as text, without the line break at its end that `echo` adds.
 *
 * @throws {ArgumentError} it is no UTF-8 (code `TEXT`)
 */
export async function readText(input: NodeJS.ReadableStream): Promise<string> {
  const bytes = await buffer(input);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (cause) {
    const mismatch = { op: 'nabla', argument: 'stdin', expected: 'to be UTF-8 text', received: 'other bytes' };
    throw new ArgumentError(mismatch, 'TEXT', { cause });
  }
}

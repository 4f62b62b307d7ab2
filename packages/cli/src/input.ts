// SPDX-License-Identifier: Apache-2.0
// What a command reads from stdin.

import { buffer } from 'node:stream/consumers';

import { ArgumentError } from '@nabla/core';

import { MISUSED } from './exit.ts';

/** What stands for stdin among the words of a command. */
export const STDIN = '-';

/** Whether somebody would have to type what is read: nothing is piped in. */
export function isTerminal(input: NodeJS.ReadableStream): boolean {
  return 'isTTY' in input && input.isTTY === true;
}

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

/** The words that a command was given, or the lines of stdin where there are none, or `-` alone. */
export async function readLines(
  words: readonly string[],
  input: NodeJS.ReadableStream,
  command: { error(message: string, options: { exitCode: number }): never },
): Promise<readonly string[]> {
  const [only] = words;
  if (only !== undefined && (only !== STDIN || words.length > 1)) return words;
  const text = only === undefined && isTerminal(input) ? '' : await readText(input);
  if (text === '') command.error('error: nothing to read: no texts, and nothing on stdin', { exitCode: MISUSED });
  return text.split(/\r?\n/);
}

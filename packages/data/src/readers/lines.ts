// SPDX-License-Identifier: Apache-2.0
// The lines of a text file of any size, one after the other.

import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { ArgumentError } from '@nabla/core';
import { fileError } from '../files.ts';
import type { IterableDataset } from '../iterable-dataset.ts';

/** One line. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end. */
  readonly text: string;
}

/** Bytes of the longest line that is read: a file without line ends would fill the memory. */
const LONGEST_LINE = 2 ** 26;

const LINE_FEED = 10;

/**
 * The lines of a UTF-8 file, read in pieces. Lines end with a line feed, a carriage return before it is dropped, and so is a byte
 * order mark; what comes after the last line feed is a line if it is not empty.
 *
 * Iterating throws an `ArgumentError` where the file cannot be read (code `FILE`), or a line is not UTF-8 or longer than 64 MiB
 * (code `TEXT`): it names the line.
 */
export class LinesDataset implements IterableDataset<Line> {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Line, void, undefined> {
    let number = 1;
    let pieces: Buffer[] = []; // of the line under way
    let length = 0;
    for await (const chunk of this.#chunks()) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        yield this.#line(number++, Buffer.concat([...pieces, chunk.subarray(start, end)]));
        [pieces, length, start] = [[], 0, end + 1];
      }
      pieces.push(chunk.subarray(start));
      length += chunk.length - start;
      if (length <= LONGEST_LINE) continue;
      throw this.#error(number, `to have at most ${LONGEST_LINE} bytes`, `${length} so far`);
    }
    if (length > 0) yield this.#line(number, Buffer.concat(pieces));
  }

  async *#chunks(): AsyncGenerator<Buffer, void, undefined> {
    try {
      for await (const chunk of createReadStream(this.path)) yield chunk as Buffer;
    } catch (error) {
      throw fileError('LinesDataset', this.path, 'to be a file that can be read', error);
    }
  }

  #line(number: number, bytes: Buffer): Line {
    if (!isUtf8(bytes)) throw this.#error(number, 'to be UTF-8 text', 'other bytes');
    const text = bytes.toString('utf8').replace(/\r$/, '');
    return { number, text: number === 1 ? text.replace(/^\uFEFF/, '') : text };
  }

  #error(number: number, expected: string, received: string): ArgumentError {
    return new ArgumentError(
      { op: 'LinesDataset', argument: `${this.path}, line ${number}`, expected, received },
      'TEXT',
    );
  }
}

// SPDX-License-Identifier: Apache-2.0
// Pairs of texts, such as a sentence and its translation: one pair a line, a tab between the two.

import { ArgumentError } from '@nabla/core';

/** Two texts that belong together. */
export interface TextPair {
  /** What to translate. */
  readonly source: string;
  /** What it is translated to. */
  readonly target: string;
}

/**
 * The pairs in the lines of a text; lines without anything are left out.
 *
 * @param text    lines of two cells, neither empty
 * @param source  the name of the text in errors, such as a path
 * @throws {ArgumentError} a line has not two cells: names it (code `TEXT_PAIRS`)
 * @example
 * parseTextPairs('Go.\tVa !\n', 'text'); // [{ source: 'Go.', target: 'Va !' }]
 */
export function parseTextPairs(text: string, source: string): TextPair[] {
  const pairs: TextPair[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue;
    const [first = '', second = '', ...more] = line.split('\t');
    if (first === '' || second === '' || more.length > 0) {
      const argument = `${source}, line ${i + 1}`;
      const received = JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}…` : line);
      const mismatch = { op: 'parseTextPairs', argument, expected: 'to be two texts and a tab between them', received };
      throw new ArgumentError(mismatch, 'TEXT_PAIRS');
    }
    pairs.push({ source: first, target: second });
  }
  return pairs;
}

// SPDX-License-Identifier: Apache-2.0
// The words of texts and how often they are there, and what all trainers are told.

import { ArgumentError, checkInteger, checkOptions, checkText } from '@nabla/core';

/** Texts, at hand or read as they are needed: nothing but the counts of their words is kept. */
export type Texts = Iterable<string> | AsyncIterable<string>;

/** How far a trainer is. */
export interface TrainingProgress {
  /** Reading the texts, then joining tokens. */
  readonly stage: 'reading' | 'merging';
  /** Texts read, or tokens made. */
  readonly done: number;
  /** The size of the vocabulary; unknown for the texts. */
  readonly total?: number | undefined;
}

/** What the trainers can be told. */
export interface TrainTokenizerOptions {
  /** The most tokens; there are fewer where the texts have no more pairs. */
  readonly vocabularySize: number;
  /** Pairs that are there less often are not joined; default 2. */
  readonly minimumFrequency?: number | undefined;
  /** Tokens that stand for themselves; they get the first ids. */
  readonly specialTokens?: readonly string[] | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/** @throws {ArgumentError} an option is wrong, or a special token is there twice */
export function checkTrainOptions(op: string, options: TrainTokenizerOptions): void {
  checkOptions(op, options, ['vocabularySize', 'minimumFrequency', 'specialTokens', 'onProgress']);
  const { vocabularySize, minimumFrequency = 2, specialTokens = [] } = options;
  checkInteger(op, 'vocabularySize', vocabularySize, { minimum: 1, maximum: 2 ** 24 });
  checkInteger(op, 'minimumFrequency', minimumFrequency, { minimum: 0 });
  for (const [i, token] of specialTokens.entries()) {
    checkText(op, `specialTokens[${i}]`, token);
    if (token !== '' && specialTokens.indexOf(token) === i) continue;
    const expected = 'to be a token of its own';
    throw new ArgumentError({ op, argument: `specialTokens[${i}]`, expected, received: JSON.stringify(token) });
  }
}

/**
 * The words of texts by how often they are there, in the order of their first place.
 *
 * @throws {ArgumentError} one of the texts is no string, or there is no word at all (code `TEXT`)
 */
export async function countWords(
  op: string,
  texts: Texts,
  split: (text: string) => string[],
  onProgress?: (progress: TrainingProgress) => void,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let done = 0;
  for await (const text of texts) {
    checkText(op, `text ${done}`, text);
    for (const word of split(text.replace(/\p{Surrogate}/gu, '\uFFFD'))) counts.set(word, (counts.get(word) ?? 0) + 1);
    done++;
    if (done % 1024 === 0) onProgress?.({ stage: 'reading', done });
  }
  onProgress?.({ stage: 'reading', done });
  if (counts.size > 0) return counts;
  throw new ArgumentError(
    { op, argument: 'texts', expected: 'to have words', received: `${done} texts without` },
    'TEXT',
  );
}

/** Compares by code points, as sorting in other languages does. */
export function compareCharacters(a: string, b: string): number {
  return (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0);
}

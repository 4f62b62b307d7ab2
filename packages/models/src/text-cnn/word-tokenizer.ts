// SPDX-License-Identifier: Apache-2.0
// Text as words, for who reads and does not write: the most frequent have a token each, all others share one.

import { z } from 'zod';

import { checkRunFile } from '../training/run-folder.ts';

/** Tokens that are no word, at the beginning of every vocabulary. */
export const SPECIAL = { padding: 0, unknown: 1 } as const;

const SPECIAL_COUNT = Object.keys(SPECIAL).length;

const fileSchema = z.object({ type: z.literal('words'), words: z.array(z.string().min(1)) });

/**
 * The most frequent words of the texts that it was made of; equally frequent ones in the order of their characters. Words are what spaces
 * separate.
 *
 * @example
 * WordTokenizer.train(['the cat', 'the dog'], 4).encode('the dog runs'); // [2, 1, 1]
 */
export class WordTokenizer {
  private readonly words: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;

  private constructor(words: readonly string[]) {
    this.words = words;
    this.ids = new Map(words.map((word, i) => [word, i + SPECIAL_COUNT]));
  }

  /** A tokenizer of `size` tokens at most. */
  static train(texts: Iterable<string>, size: number): WordTokenizer {
    const counts = new Map<string, number>();
    for (const text of texts) for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const words = [...counts].sort(([a, i], [b, j]) => j - i || (a < b ? -1 : 1)).map(([word]) => word);
    return new WordTokenizer(words.slice(0, size - SPECIAL_COUNT));
  }

  /** @throws {ArgumentError} the file holds another tokenizer (code `RUN`) */
  static fromJSON(json: unknown, path: string): WordTokenizer {
    return new WordTokenizer(checkRunFile(fileSchema, path, json).words);
  }

  /** Number of tokens, those of {@link SPECIAL} among them. */
  get size(): number {
    return this.words.length + SPECIAL_COUNT;
  }

  encode(text: string): number[] {
    return wordsOf(text).map((word) => this.ids.get(word) ?? SPECIAL.unknown);
  }

  toJSON(): z.infer<typeof fileSchema> {
    return { type: 'words', words: [...this.words] };
  }
}

function wordsOf(text: string): string[] {
  return text.match(/\S+/gu) ?? [];
}

// SPDX-License-Identifier: Apache-2.0
// Text as words, each with the space before it, and as characters where a word is rare: nothing is lost.

import { z } from 'zod';

import { checkRunFile } from '../training/run-folder.ts';

/** What a translator needs of a tokenizer. */
export interface TranslationTokenizer {
  /** Number of tokens, those of {@link SPECIAL} among them. */
  readonly size: number;
  /** The tokens of a text, without start and end. */
  encode(text: string): number[];
  /** The text of tokens; special ones have none. */
  decode(tokens: Iterable<number>): string;
  /** What the run's folder keeps of it. */
  toJSON(): unknown;
}

/** Tokens that are no text, at the beginning of every vocabulary. */
export const SPECIAL = { padding: 0, start: 1, end: 2, unknown: 3 } as const;

const SPECIAL_COUNT = Object.keys(SPECIAL).length;

/** A word or a sign, with the space before it, if there is one; any other white space by itself. */
const PIECE = / ?[\p{L}\p{M}\p{N}]+['’]?| ?[^\s\p{L}\p{M}\p{N}]|\s/gu;

const fileSchema = z.object({
  type: z.literal('words'),
  tokens: z.array(z.string().min(1)),
  rareWords: z.enum(['spelled', 'unknown']).default('spelled'),
});

/** What a {@link WordTokenizer} can be told. */
export interface WordTokenizerOptions {
  /** What becomes of a word that is not in the vocabulary: it is spelled, or it is one unknown token. Default: spelled. */
  readonly rareWords?: 'spelled' | 'unknown';
}

/**
 * The characters of a text, then its most frequent words. A word that is not among them is spelled; a character that the training text
 * lacks is unknown. With `rareWords: 'unknown'`, for who reads and does not write, a word that is not among them is unknown, and there
 * are no characters.
 *
 * @example
 * const tokenizer = WordTokenizer.train(['the cat', 'the dog'], 100);
 * tokenizer.decode(tokenizer.encode('the cat got the dog')); // "the cat got the dog"
 */
export class WordTokenizer implements TranslationTokenizer {
  private readonly tokens: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;
  private readonly rareWords: 'spelled' | 'unknown';

  private constructor({ tokens, rareWords }: Pick<z.infer<typeof fileSchema>, 'tokens' | 'rareWords'>) {
    this.tokens = tokens;
    this.rareWords = rareWords;
    this.ids = new Map(tokens.map((token, i) => [token, i + SPECIAL_COUNT]));
  }

  /** A tokenizer of `size` tokens at most. */
  static train(texts: Iterable<string>, size: number, options: WordTokenizerOptions = {}): WordTokenizer {
    const { rareWords = 'spelled' } = options;
    const [words, characters] = [new Map<string, number>(), new Map<string, number>()];
    const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const text of texts) {
      for (const piece of piecesOf(text)) {
        count(words, piece);
        if (rareWords === 'spelled') for (const character of piece) count(characters, character);
      }
    }
    const mostFrequent = (counts: Map<string, number>): string[] =>
      [...counts].sort(([a, i], [b, j]) => j - i || (a < b ? -1 : 1)).map(([token]) => token);
    const all = new Set([...mostFrequent(characters), ...mostFrequent(words)]);
    return new WordTokenizer({ tokens: [...all].slice(0, size - SPECIAL_COUNT), rareWords });
  }

  /** @throws {ArgumentError} the file holds another tokenizer (code `RUN`) */
  static fromJSON(json: unknown, path: string): WordTokenizer {
    return new WordTokenizer(checkRunFile(fileSchema, path, json));
  }

  get size(): number {
    return this.tokens.length + SPECIAL_COUNT;
  }

  encode(text: string): number[] {
    return piecesOf(text).flatMap((piece) => {
      const whole = this.ids.get(piece);
      if (whole !== undefined) return [whole];
      if (this.rareWords === 'unknown') return [SPECIAL.unknown];
      return [...piece].map((character) => this.ids.get(character) ?? SPECIAL.unknown);
    });
  }

  decode(tokens: Iterable<number>): string {
    const pieces = [...tokens].map((token) => this.tokens[token - SPECIAL_COUNT] ?? '');
    return pieces.join('').replace(/^ /, '');
  }

  toJSON(): z.infer<typeof fileSchema> {
    return { type: 'words', tokens: [...this.tokens], rareWords: this.rareWords };
  }
}

/** A space is put before the text, so that its first word is the same token as elsewhere. */
function piecesOf(text: string): string[] {
  return text === '' ? [] : (` ${text}`.match(PIECE) ?? []);
}

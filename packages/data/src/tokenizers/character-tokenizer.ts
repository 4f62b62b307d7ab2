// SPDX-License-Identifier: Apache-2.0
// Text as one token per character, with a vocabulary taken from the training text.

import { ArgumentError, checkName, checkOptions } from '@nabla/core';
import { decodeText, messageOf, readBytes, writeWhole } from '../files.ts';
import { type TokenizerFile, makeTokenizerFile, readTokenizerFile } from './tokenizer-file.ts';

/** What {@link CharacterTokenizer.train} can be told. */
export interface CharacterTokenizerOptions {
  /** A token for every character that the training text lacks, such as `<unk>`; it gets id 0. Default: none, they are errors. */
  readonly unknown?: string;
}

/**
 * One token per character (Unicode code point), ids in the order of the code points: what nanoGPT's `shakespeare_char` does.
 *
 * @see https://github.com/karpathy/nanoGPT/blob/master/data/shakespeare_char/prepare.py
 * @example
 * const tokenizer = CharacterTokenizer.train('hello');
 * [tokenizer.vocabulary, [...tokenizer.encode('hole')]]; // [['e', 'h', 'l', 'o'], [1, 3, 2, 0]]
 */
export class CharacterTokenizer {
  /** The tokens: a token's id is its index. */
  readonly vocabulary: readonly string[];
  /** The token for unknown characters, or undefined: they are errors. */
  readonly unknown: string | undefined;
  readonly #ids: ReadonlyMap<string, number>;

  private constructor(vocabulary: readonly string[], unknown: string | undefined) {
    this.vocabulary = vocabulary;
    this.unknown = unknown;
    this.#ids = new Map(vocabulary.map((token, id) => [token, id]));
  }

  /**
   * A tokenizer for the characters of a text.
   *
   * @param text     the training text
   * @param options  see {@link CharacterTokenizerOptions}
   * @throws {ArgumentError} the text is empty (code `TEXT`), or `unknown` is a character of it
   */
  static train(text: string, options: CharacterTokenizerOptions = {}): CharacterTokenizer {
    const op = 'CharacterTokenizer.train';
    checkOptions(op, options, ['unknown']);
    const { unknown } = options;
    if (text === '') {
      throw new ArgumentError(
        { op, argument: 'text', expected: 'to have characters', received: 'an empty text' },
        'TEXT',
      );
    }
    const characters = [...new Set(text)].sort((a, b) => codePoint(a) - codePoint(b));
    if (unknown === undefined) return new CharacterTokenizer(characters, undefined);
    checkName(op, 'unknown', unknown);
    if (characters.includes(unknown)) {
      const expected = 'to be no character of the text';
      throw new ArgumentError({ op, argument: 'unknown', expected, received: show(unknown) });
    }
    return new CharacterTokenizer([unknown, ...characters], unknown);
  }

  /** Number of tokens. */
  get size(): number {
    return this.vocabulary.length;
  }

  /**
   * The ids of a text, one for each character.
   *
   * @throws {ArgumentError} a character is not in the vocabulary and there is no unknown token: names it and its position,
   *   counted in characters from 0 (code `CHARACTER`)
   */
  encode(text: string): Int32Array {
    const ids = new Int32Array(text.length);
    const fallback = this.unknown === undefined ? undefined : this.#ids.get(this.unknown);
    let count = 0;
    for (const character of text) {
      const id = this.#ids.get(character) ?? fallback;
      if (id === undefined) throw this.#strange(character, count);
      ids[count++] = id;
    }
    return ids.subarray(0, count);
  }

  /**
   * The text of ids.
   *
   * @throws {ArgumentError} an id is not in the vocabulary
   */
  decode(ids: ArrayLike<number>): string {
    const parts = Array.from(ids, (id, position) => {
      const token = this.vocabulary[id];
      if (token !== undefined) return token;
      const expected = `to be from 0 to ${this.size - 1}`;
      const received = `${id} at position ${position}`;
      throw new ArgumentError({ op: 'CharacterTokenizer.decode', argument: 'ids', expected, received });
    });
    return parts.join('');
  }

  /** The tokenizer as the content of a `tokenizer.json`: see {@link TokenizerFile} for what of that format it uses. */
  toJSON(): TokenizerFile {
    return makeTokenizerFile(this.vocabulary, this.unknown);
  }

  /**
   * The tokenizer of a `tokenizer.json`.
   *
   * @param json    the parsed file
   * @param source  its name in errors, such as a path
   * @throws {ArgumentError} it is not a character tokenizer: says what differs (code `TOKENIZER`)
   */
  static fromJSON(json: unknown, source = 'tokenizer.json'): CharacterTokenizer {
    const { vocabulary, unknown } = readTokenizerFile(json, source);
    return new CharacterTokenizer(vocabulary, unknown);
  }

  /** Writes a `tokenizer.json`; an old file stays whole until the new one is complete. */
  async save(path: string): Promise<void> {
    await writeWhole('CharacterTokenizer.save', path, `${JSON.stringify(this, undefined, 2)}\n`);
  }

  /**
   * Reads a `tokenizer.json`.
   *
   * @throws {ArgumentError} the file cannot be read (code `FILE`) or is not a character tokenizer (code `TOKENIZER`)
   */
  static async load(path: string): Promise<CharacterTokenizer> {
    const op = 'CharacterTokenizer.load';
    const text = decodeText(await readBytes(op, path), path);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      const received = messageOf(error);
      throw new ArgumentError({ op, argument: path, expected: 'to be JSON', received }, 'TOKENIZER', { cause: error });
    }
    return CharacterTokenizer.fromJSON(json, path);
  }

  #strange(character: string, position: number): ArgumentError {
    const expected = `to have only the ${this.size} characters of the vocabulary`;
    const received = `${show(character)} at position ${position}`;
    const shown = this.vocabulary.length <= 100 ? ` Known: ${JSON.stringify(this.vocabulary.join(''))}.` : '';
    const hint = `Leave it out, or train the tokenizer on a text that has it.${shown}`;
    return new ArgumentError(
      { op: 'CharacterTokenizer.encode', argument: 'text', expected, received, hint },
      'CHARACTER',
    );
  }
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** A character as it can be recognized: `"é" (U+00E9)`. */
function show(character: string): string {
  return `${JSON.stringify(character)} (U+${codePoint(character).toString(16).toUpperCase().padStart(4, '0')})`;
}

// SPDX-License-Identifier: Apache-2.0
// The models of a tokenizer.json: how a word is cut into tokens of the vocabulary.

import { BPE, Unigram, WordPiece } from '@huggingface/tokenizers';
import { type JsonFields, describeJson } from './json-fields.ts';

/** A vocabulary, and what cuts words into its tokens. */
export interface VocabularyModel {
  /** Token to id. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** The ids of a word. */
  readonly encode: (word: string) => readonly number[];
  /** What the last token of a word ends with, as in CLIP's `</w>`. */
  readonly endOfWordSuffix?: string | undefined;
}

/** Beyond this, an id is a mistake: published vocabularies have fewer than a million tokens. */
export const MAXIMUM_ID: number = 2 ** 24;

const models: Readonly<Record<string, (fields: JsonFields) => VocabularyModel>> = {
  BPE: readBytePairs,
  Unigram: readUnigram,
  WordLevel: readWordLevel,
  WordPiece: readWordPiece,
};

/** @throws {ArgumentError} the type is unknown or a field of it is wrong: names file and field (code `TOKENIZER`) */
export function readModel(fields: JsonFields): VocabularyModel {
  const model = (fields.has('type') ? fields.choose('type', models) : guess(fields))(fields);
  return { ...model, encode: remember(model.encode) };
}

/** Long words are seldom there again, and would fill the memory. */
const LONGEST_REMEMBERED = 64;
const MOST_REMEMBERED = 2 ** 16;

/** A function that remembers what it made of the words it saw: most words of a text were there before. */
function remember(encode: (word: string) => readonly number[]): (word: string) => readonly number[] {
  const seen = new Map<string, readonly number[]>();
  return (word) => {
    const before = seen.get(word);
    if (before !== undefined) return before;
    const ids = encode(word);
    if (word.length > LONGEST_REMEMBERED) return ids;
    if (seen.size >= MOST_REMEMBERED) seen.clear();
    seen.set(word, ids);
    return ids;
  };
}

/** Files of 2020 do not name the type. */
function guess(fields: JsonFields): (fields: JsonFields) => VocabularyModel {
  if (fields.has('merges')) return readBytePairs;
  if (Array.isArray(fields.value('vocab'))) return readUnigram;
  return fields.has('continuing_subword_prefix') ? readWordPiece : readWordLevel;
}

/** Each word is a token. */
function readWordLevel(fields: JsonFields): VocabularyModel {
  const vocabulary = readVocabulary(fields);
  const unknown = fields.text('unk_token', '<unk>');
  return {
    vocabulary,
    encode: (word) => [vocabulary.get(word) ?? idOfUnknown(fields, vocabulary, unknown, word)],
  };
}

/** The longest token that begins the word, then the longest that goes on with it, and so forth. */
function readWordPiece(fields: JsonFields): VocabularyModel {
  const vocabulary = readVocabulary(fields);
  const unknown = fields.text('unk_token', '[UNK]');
  const model = new WordPiece({
    vocab: Object.fromEntries(vocabulary),
    unk_token: unknown,
    continuing_subword_prefix: fields.text('continuing_subword_prefix', '##'),
    max_input_chars_per_word: fields.integer('max_input_chars_per_word', 0, Number.MAX_SAFE_INTEGER, 100),
  });
  const encode = (word: string): number[] =>
    model.encode([word]).map((token) => vocabulary.get(token) ?? idOfUnknown(fields, vocabulary, unknown, word));
  return { vocabulary, encode };
}

/** Byte pair encoding: the characters of a word, joined pair by pair in the order of the merges. */
function readBytePairs(fields: JsonFields): VocabularyModel {
  const vocabulary = readVocabulary(fields);
  const unknown = fields.optionalText('unk_token');
  const fuse = fields.flag('fuse_unk', false);
  const suffix = fields.optionalText('end_of_word_suffix');
  if (fields.text('continuing_subword_prefix', '') !== '') {
    throw fields.error(
      'continuing_subword_prefix',
      'to be absent',
      describeJson(fields.text('continuing_subword_prefix')),
    );
  }
  const model = new BPE({
    vocab: Object.fromEntries(vocabulary),
    merges: readMerges(fields, vocabulary),
    unk_token: unknown,
    end_of_word_suffix: suffix,
    byte_fallback: fields.flag('byte_fallback', false),
    ignore_merges: fields.flag('ignore_merges', false),
  });
  const encode = (word: string): number[] => {
    const tokens = model.encode([word]).filter((token, i, all) => !fuse || token !== unknown || all[i - 1] !== unknown);
    return tokens.map((token) => vocabulary.get(token) ?? idOfUnknown(fields, vocabulary, token, word));
  };
  return { vocabulary, encode, endOfWordSuffix: suffix === '' ? undefined : suffix };
}

/** The tokens whose scores, logarithms of probabilities, have the largest sum. */
function readUnigram(fields: JsonFields): VocabularyModel {
  const pieces = fields.list('vocab').map((piece, i) => {
    const [token, score]: readonly unknown[] = Array.isArray(piece) ? Array.from<unknown>(piece) : [];
    if (typeof token === 'string' && typeof score === 'number') return [token, score] as const;
    throw fields.error(`vocab[${i}]`, 'to be a token and its score', describeJson(piece));
  });
  const vocabulary = new Map(pieces.map(([token], id) => [token, id]));
  if (pieces.length === 0) throw fields.error('vocab', 'to have tokens', 'none');
  const hasUnknown = fields.has('unk_id');
  const unknown = hasUnknown ? fields.integer('unk_id', 0, pieces.length - 1) : undefined;
  const byteFallback = fields.flag('byte_fallback', false);
  const model = new Unigram({ vocab: pieces, unk_id: unknown ?? pieces.length }, undefined);
  const encode = (word: string): number[] =>
    joinUnknown(model.encode([word]), vocabulary).flatMap((token) => {
      const id = vocabulary.get(token);
      if (id !== undefined) return [id];
      const bytes = byteFallback ? byteTokens(token).map((name) => vocabulary.get(name)) : [undefined];
      if (bytes.every((byte) => byte !== undefined)) return bytes;
      if (unknown !== undefined) return [unknown];
      throw fields.error('unk_id', `to be there, since the text has ${describeJson(token)}`, 'nothing');
    });
  return { vocabulary, encode };
}

/** Pieces that the vocabulary lacks, joined where they follow each other: they are one unknown token. */
function joinUnknown(pieces: readonly string[], vocabulary: ReadonlyMap<string, number>): string[] {
  const joined: string[] = [];
  let afterUnknown = false;
  for (const piece of pieces) {
    const isUnknown = !vocabulary.has(piece);
    if (isUnknown && afterUnknown) joined[joined.length - 1] += piece;
    else joined.push(piece);
    afterUnknown = isUnknown;
  }
  return joined;
}

function byteTokens(text: string): string[] {
  const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');
  return Array.from(new TextEncoder().encode(text), (byte) => `<0x${hex(byte)}>`);
}

function readVocabulary(fields: JsonFields): Map<string, number> {
  const vocab = fields.object('vocab');
  const names = vocab.names();
  const vocabulary = new Map(names.map((token) => [token, vocab.integer(token, 0, MAXIMUM_ID)]));
  const owners = new Map<number, string>();
  for (const [token, id] of vocabulary) {
    const owner = owners.get(id);
    if (owner !== undefined) {
      throw vocab.error(token, `to be an id of its own`, `${id}, which is the id of ${describeJson(owner)}`);
    }
    owners.set(id, token);
  }
  return vocabulary;
}

/** Pairs, as lists of two or as `"a b"`. */
function readMerges(fields: JsonFields, vocabulary: ReadonlyMap<string, number>): (readonly [string, string])[] {
  return fields.list('merges').map((merge, i) => {
    const parts: unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    const [left, right] = parts;
    if (parts.length !== 2 || typeof left !== 'string' || typeof right !== 'string') {
      throw fields.error(`merges[${i}]`, 'to be two tokens', describeJson(merge));
    }
    for (const token of [left, right, left + right]) {
      if (vocabulary.has(token)) continue;
      throw fields.error(`merges[${i}]`, 'to be of tokens of the vocabulary', `${describeJson(token)}, which is none`);
    }
    return [left, right] as const;
  });
}

function idOfUnknown(
  fields: JsonFields,
  vocabulary: ReadonlyMap<string, number>,
  unknown: string,
  word: string,
): number {
  const id = vocabulary.get(unknown);
  if (id !== undefined) return id;
  const expected = `to be a token of the vocabulary, since the text has ${describeJson(word)}, which is not in it`;
  throw fields.error('unk_token', expected, describeJson(unknown));
}

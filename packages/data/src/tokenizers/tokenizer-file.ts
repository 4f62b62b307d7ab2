// SPDX-License-Identifier: Apache-2.0
// The part of Hugging Face's tokenizer.json that a character tokenizer needs, made and read.

import { ArgumentError } from '@nabla/core';

/**
 * A `tokenizer.json` as the Hugging Face library tokenizers reads it, for a tokenizer of characters: the text is split into its
 * characters (`Split` by a pattern that matches any one, `Isolated`), a `WordLevel` model looks each up in `vocab`, and decoding
 * joins the tokens without spaces (`Fuse`). `unk_token` is always named, since the format wants it; only when `vocab` has it are
 * unknown characters allowed, in that library as in ours.
 *
 * Everything else of the format is absent: normalizer, post-processor, added tokens, truncation, padding.
 *
 * @see https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/models/wordlevel/serialization.rs
 */
export interface TokenizerFile {
  readonly version: '1.0';
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly [];
  readonly normalizer: null;
  readonly pre_tokenizer: typeof splitCharacters;
  readonly post_processor: null;
  readonly decoder: typeof fuse;
  readonly model: {
    readonly type: 'WordLevel';
    /** Token to id. */
    readonly vocab: Readonly<Record<string, number>>;
    readonly unk_token: string;
  };
}

const splitCharacters: {
  readonly type: 'Split';
  readonly pattern: { readonly Regex: string };
  readonly behavior: 'Isolated';
  readonly invert: false;
} = { type: 'Split', pattern: { Regex: '[\\s\\S]' }, behavior: 'Isolated', invert: false };

const fuse: { readonly type: 'Fuse' } = { type: 'Fuse' };

/** The file for a vocabulary in the order of its ids. */
export function makeTokenizerFile(vocabulary: readonly string[], unknown: string | undefined): TokenizerFile {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: splitCharacters,
    post_processor: null,
    decoder: fuse,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      unk_token: unknown ?? '<unk>',
    },
  };
}

/**
 * The vocabulary of a parsed file, in the order of its ids, and the unknown token if the vocabulary has it.
 *
 * @throws {ArgumentError} the file does not split into characters, or its ids are not 0 to n - 1 (code `TOKENIZER`)
 */
export function readTokenizerFile(
  json: unknown,
  source: string,
): { vocabulary: readonly string[]; unknown: string | undefined } {
  const file = record(json);
  const model = record(file['model']);
  expect(source, 'model.type', 'WordLevel', model['type']);
  for (const [name, value] of Object.entries(makeTokenizerFile([], undefined))) {
    if (name !== 'model' && name !== 'version') expect(source, name, value, file[name]);
  }
  const vocab = Object.entries(record(model['vocab']));
  const token = model['unk_token'];
  const unknown = typeof token === 'string' && vocab.some(([name]) => name === token) ? token : undefined;

  const vocabulary = new Array<string | undefined>(vocab.length).fill(undefined);
  for (const [name, id] of vocab) {
    if (name !== unknown && [...name].length !== 1) {
      throw fault(source, 'model.vocab', 'to hold single characters', JSON.stringify(name));
    }
    if (typeof id !== 'number' || !(id in vocabulary) || vocabulary[id] !== undefined) {
      const received = `${JSON.stringify(id)} for ${JSON.stringify(name)}`;
      throw fault(source, 'model.vocab', `to have the ids 0 to ${vocab.length - 1}, each once`, received);
    }
    vocabulary[id] = name;
  }
  if (vocab.length === 0) throw fault(source, 'model.vocab', 'to have tokens', 'none');
  return { vocabulary: vocabulary.map(String), unknown };
}

/** An object's entries, or none for anything else. */
function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function expect(source: string, part: string, expected: unknown, received: unknown): void {
  const [wanted, found] = [JSON.stringify(expected), JSON.stringify(received ?? null)];
  if (wanted !== found) throw fault(source, part, `to be ${wanted}`, found.slice(0, 80));
}

function fault(source: string, part: string, expected: string, received: string): ArgumentError {
  const hint = 'It was not written by a character tokenizer, or was changed since.';
  return new ArgumentError(
    { op: 'CharacterTokenizer', argument: `${source}, ${part}`, expected, received, hint },
    'TOKENIZER',
  );
}

// SPDX-License-Identifier: Apache-2.0
// Tests of the character tokenizer and its file.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { CharacterTokenizer } from './character-tokenizer.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

const whale = 'Call me Ishmael — 🐋\n';

describe('CharacterTokenizer', () => {
  it('numbers the characters of the text in the order of their code points', () => {
    const tokenizer = CharacterTokenizer.train('b\uFFFD🐋a\n');
    expect(tokenizer.vocabulary).toEqual(['\n', 'a', 'b', '\uFFFD', '🐋']);
    expect([...tokenizer.encode('🐋b')]).toEqual([4, 2]);
    expect(tokenizer.size).toBe(5);
  });

  it('gives back every text of its characters', () => {
    const tokenizer = CharacterTokenizer.train(whale);
    const text = fc.array(fc.constantFrom(...new Set(whale))).map((characters) => characters.join(''));
    fc.assert(fc.property(text, (sample) => tokenizer.decode(tokenizer.encode(sample)) === sample));
    expect(tokenizer.encode(whale)).toHaveLength([...whale].length);
  });

  it('names a character it does not know, and where it is', () => {
    expect(() => CharacterTokenizer.train(whale).encode('🐋Caé')).toThrow(
      'CharacterTokenizer.encode: expected text to have only the 12 characters of the vocabulary, ' +
        'received "é" (U+00E9) at position 3. Leave it out',
    );
    expect(() => CharacterTokenizer.train(whale).encode('a\uD800')).toThrow('"\\ud800" (U+D800) at position 1');
  });

  it('takes unknown characters as the unknown token, if it was given one', () => {
    const tokenizer = CharacterTokenizer.train('ab', { unknown: '<unk>' });
    expect(tokenizer.vocabulary).toEqual(['<unk>', 'a', 'b']);
    expect([...tokenizer.encode('axb')]).toEqual([1, 0, 2]);
    expect(tokenizer.decode([1, 0, 2])).toBe('a<unk>b');
  });

  it('refuses an empty text, a bad unknown token and bad ids', () => {
    expect(() => CharacterTokenizer.train('')).toThrow('expected text to have characters, received an empty text');
    expect(() => CharacterTokenizer.train('ab', { unknown: 'a' })).toThrow('to be no character of the text');
    expect(() => CharacterTokenizer.train('ab', { unknown: '' })).toThrow('unknown');
    const tokenizer = CharacterTokenizer.train('ab');
    for (const id of [2, -1, 0.5]) {
      expect(() => tokenizer.decode([0, id])).toThrow(`to be from 0 to 1, received ${id} at position 1`);
    }
  });
});

describe('tokenizer.json', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nabla-tokenizer-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is what the library tokenizers reads', () => {
    expect(JSON.parse(JSON.stringify(CharacterTokenizer.train('ba')))).toEqual({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'Split', pattern: { Regex: '[\\s\\S]' }, behavior: 'Isolated', invert: false },
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: { type: 'WordLevel', vocab: { a: 0, b: 1 }, unk_token: '<unk>' },
    });
  });

  it.each([undefined, '<unk>'])('saves and loads, unknown token %p', async (unknown) => {
    const path = join(folder, 'deep', 'tokenizer.json');
    const tokenizer = CharacterTokenizer.train(`${whale}0123456789"\\`, unknown === undefined ? {} : { unknown });
    await tokenizer.save(path);
    const loaded = await CharacterTokenizer.load(path);
    expect(loaded.vocabulary).toEqual(tokenizer.vocabulary);
    expect(loaded.unknown).toBe(unknown);
    expect(loaded.encode(whale)).toEqual(tokenizer.encode(whale));
    expect(await readdir(join(folder, 'deep'))).toEqual(['tokenizer.json']);
  });

  const file = (): TokenizerFile => CharacterTokenizer.train('ab').toJSON();
  const withVocab = (vocab: Record<string, unknown>): unknown => ({ ...file(), model: { ...file().model, vocab } });
  it.each<[string, unknown, string]>([
    ['something else', [1, 2], 'x.json, model.type to be "WordLevel", received null'],
    ['another model', { ...file(), model: { type: 'BPE' } }, 'model.type to be "WordLevel", received "BPE"'],
    [
      'a normalizer',
      { ...file(), normalizer: { type: 'Lowercase' } },
      'normalizer to be null, received {"type":"Lowercase"}',
    ],
    ['another split', { ...file(), pre_tokenizer: { type: 'Whitespace' } }, 'pre_tokenizer to be {"type":"Split"'],
    ['added tokens', { ...file(), added_tokens: [{ id: 0 }] }, 'added_tokens to be []'],
    ['words', withVocab({ word: 0 }), 'model.vocab to hold single characters, received "word"'],
    ['a gap in the ids', withVocab({ a: 0, b: 2 }), 'to have the ids 0 to 1, each once, received 2 for "b"'],
    ['an id twice', withVocab({ a: 0, b: 0 }), 'received 0 for "b"'],
    ['an id that is none', withVocab({ a: '0' }), 'received "0" for "a"'],
    ['no tokens', withVocab({}), 'model.vocab to have tokens, received none'],
  ])('refuses %s', (_, json, message) => {
    expect(() => CharacterTokenizer.fromJSON(json, 'x.json')).toThrow(message);
  });

  it('refuses missing and broken files', async () => {
    const broken = join(folder, 'broken.json');
    await writeFile(broken, '{"version": ');
    await expect(CharacterTokenizer.load(broken)).rejects.toThrow('to be JSON, received');
    await expect(CharacterTokenizer.load(join(folder, 'none.json'))).rejects.toThrow('received no such file');
  });
});

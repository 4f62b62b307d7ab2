// SPDX-License-Identifier: Apache-2.0
// Tests of the tokenizer of words.

import '@nabla/testing';

import { SPECIAL, WordTokenizer } from './word-tokenizer.ts';

describe('WordTokenizer', () => {
  const texts = ['the cat sees the dog', ' the  dog\tsleeps'];

  it('knows the most frequent words, as many as asked for', () => {
    const tokenizer = WordTokenizer.train(texts, 4);
    expect(tokenizer.size).toBe(4);
    expect(tokenizer.encode('the dog sees')).toEqual([2, 3, SPECIAL.unknown]);
    expect(tokenizer.encode('')).toEqual([]);
    expect(WordTokenizer.train(texts, 100).size).toBe(2 + 5);
  });

  it('puts equally frequent words in the order of their characters', () => {
    expect(WordTokenizer.train(['b a', 'c c'], 5).encode('c a b')).toEqual([2, 3, 4]);
  });

  it('is the same when it was saved, and refuses other files', () => {
    const tokenizer = WordTokenizer.train(texts, 6);
    const read = WordTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)), 'tokenizer.json');
    expect(read.encode('the cat runs')).toEqual(tokenizer.encode('the cat runs'));
    expect(() => WordTokenizer.fromJSON({ type: 'bpe' }, 'tokenizer.json')).toThrowCode('RUN', /tokenizer\.json/);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the tokenizer of words.

import '@nabla/testing';

import { SPECIAL, WordTokenizer } from './word-tokenizer.ts';

describe('WordTokenizer', () => {
  const texts = ["Qu'est-ce que c'est ?", 'Où est le chat ?', 'le chat, le chien'];

  it.each([...texts, 'le chienchat', ' deux  espaces\tici ', 'C’est ça !', 'e\u0301te\u0301'])(
    'loses nothing of %j',
    (text) => {
      const tokenizer = WordTokenizer.train([...texts, text], 200);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    },
  );

  it('has the characters, then the most frequent words, as many as asked for', () => {
    const tokenizer = WordTokenizer.train(texts, 26);
    expect(tokenizer.size).toBe(26);
    expect(tokenizer.encode('le')).toHaveLength(1);
    expect(tokenizer.encode('chien')).toHaveLength(6); // a space and five letters
    expect(tokenizer.decode(tokenizer.encode('le chien'))).toBe('le chien');
  });

  it('does not know characters that it has never seen', () => {
    const tokenizer = WordTokenizer.train(texts, 200);
    expect(tokenizer.encode('le Ω')).toContain(SPECIAL.unknown);
    expect(Math.min(...tokenizer.encode('Qu’est le chien'))).toBeGreaterThanOrEqual(SPECIAL.unknown);
  });

  it('is the same when it was saved, and refuses other files', () => {
    const tokenizer = WordTokenizer.train(texts, 40);
    const read = WordTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)), 'tokenizer.json');
    expect(read.encode('Où est le chien ?')).toEqual(tokenizer.encode('Où est le chien ?'));
    expect(() => WordTokenizer.fromJSON({ type: 'bpe' }, 'tokenizer.json')).toThrowCode('RUN', /tokenizer\.json/);
  });
});

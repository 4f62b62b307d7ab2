// SPDX-License-Identifier: Apache-2.0
// Tests of a translator's data: words, what is held out, batches.

import { dispose } from '@nabla/core';
import { useDevice } from '@nabla/testing';

import { collatePairs, splitPairs, tokenPairs } from './data.ts';
import { SPECIAL, WordTokenizer } from './word-tokenizer.ts';

useDevice('js');

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

  it('can leave rare words unknown instead of spelling them', () => {
    const tokenizer = WordTokenizer.train(['a b b', 'b c c'], 6, { rareWords: 'unknown' });
    const [b = NaN, c = NaN] = tokenizer.encode('b c');
    expect(tokenizer.size).toBe(6); // two words and the special ones
    expect(tokenizer.encode('b a bc c')).toEqual([b, SPECIAL.unknown, SPECIAL.unknown, c]);
    const read = WordTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)), 'tokenizer.json');
    expect(read.encode('a c')).toEqual([SPECIAL.unknown, c]);
    const { tokens } = tokenizer.toJSON();
    expect(WordTokenizer.fromJSON({ type: 'words', tokens }, 'tokenizer.json').encode('a')).not.toHaveLength(1); // as of old
  });

  it('is the same when it was saved, and refuses other files', () => {
    const tokenizer = WordTokenizer.train(texts, 40);
    const read = WordTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)), 'tokenizer.json');
    expect(read.encode('Où est le chien ?')).toEqual(tokenizer.encode('Où est le chien ?'));
    expect(() => WordTokenizer.fromJSON({ type: 'bpe' }, 'tokenizer.json')).toThrowCode('RUN', /tokenizer\.json/);
  });
});

describe('splitPairs', () => {
  const pairs = Array.from({ length: 60 }, (_, i) => ({ source: `sentence ${i % 20}`, target: `phrase ${i}` }));

  it('holds out as many pairs as asked for, the same for the same seed, and learns none of their sentences', () => {
    const { train, heldOut } = splitPairs(pairs, { heldOut: 5, seed: 1 });
    expect(heldOut).toHaveLength(5);
    const asked = new Set(heldOut.map(({ source }) => source));
    expect(train.some(({ source }) => asked.has(source))).toBe(false);
    expect(train).toHaveLength(60 - 3 * asked.size);
    expect(splitPairs(pairs, { heldOut: 5, seed: 1 })).toEqual({ train, heldOut });
    expect(splitPairs(pairs, { heldOut: 5, seed: 2 }).heldOut).not.toEqual(heldOut);
  });

  it('refuses to hold out more than it leaves', () => {
    expect(() => splitPairs(pairs, { heldOut: 40, seed: 1 })).toThrowCode('TEXT_PAIRS', /received 40 of 60/);
  });
});

describe('batches of pairs', () => {
  it('are padded to the longest: the decoder reads from the start, and is to write to the end', () => {
    const batch = collatePairs([
      { source: [5, 6], target: [7] },
      { source: [8], target: [9, 10] },
    ]);
    const read = (name: keyof typeof batch): unknown => batch[name].arraySync();
    expect(read('source')).toEqual([[5, 6, 2], [8, 2, 0]]); // prettier-ignore
    expect(read('sourceMask')).toEqual([[1, 1, 1], [1, 1, 0]]); // prettier-ignore
    expect(read('target')).toEqual([[1, 7, 0], [1, 9, 10]]); // prettier-ignore
    expect(read('labels')).toEqual([[7, 2, -100], [9, 10, 2]]); // prettier-ignore
    dispose(batch);
  });

  it('have no pairs beyond the context, with their end', () => {
    const tokenizer = WordTokenizer.train(['a b c d'], 40);
    const pairs = ['a b', 'a b c', 'a b c d'].map((text) => ({ source: text, target: 'a' }));
    expect(tokenPairs(pairs, tokenizer, 4)).toHaveLength(2);
  });
});

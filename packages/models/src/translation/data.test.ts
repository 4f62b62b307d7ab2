// SPDX-License-Identifier: Apache-2.0
// Tests of a translator's data: what is held out, batches.

import { dispose } from '@nabla/core';
import { trainBytePairEncoding } from '@nabla/data';
import { useDevice } from '@nabla/testing';

import { collatePairs, splitPairs, tokenPairs } from './data.ts';
import { readTokenizer, trainTokenizer } from './tokenizer.ts';

useDevice('js');

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

  it('learns no sentence in other case or punctuation either', () => {
    const variants = ['Stop now!', 'stop now.', 'Stop: now', 'Stop it now.', '?', '!'].map((source) => ({
      source,
      target: 'Arrête maintenant.',
    }));
    const many = [...variants, ...pairs];
    const seeds = Array.from({ length: 20 }, (_, seed) => splitPairs(many, { heldOut: 5, seed }));
    const apart = seeds.filter(({ heldOut }) => heldOut.some(({ source }) => source === 'Stop now!'));
    expect(apart.length).toBeGreaterThan(0);
    for (const { train, heldOut } of apart) {
      const [left, asked] = [train, heldOut].map((side) => side.map(({ source }) => source));
      expect(left).not.toContain('stop now.');
      expect(left).not.toContain('Stop: now');
      for (const other of ['Stop it now.', '?', '!']) expect([...(left ?? []), ...(asked ?? [])]).toContain(other);
    }
  });

  it('refuses to hold out more than it leaves', () => {
    expect(() => splitPairs(pairs, { heldOut: 40, seed: 1 })).toThrowCode('TEXT_PAIRS', /received 40 of 60/);
  });
});

describe('batches of pairs', () => {
  it('are padded to the longest: the decoder reads from the start, and is to write to the end', () => {
    const { labelCount, ...batch } = collatePairs([
      { source: [5, 6], target: [7] },
      { source: [8], target: [9, 10] },
    ]);
    const read = (name: keyof typeof batch): unknown => batch[name].arraySync();
    expect(read('source')).toEqual([[5, 6, 2], [8, 2, 0]]); // prettier-ignore
    expect(read('sourceMask')).toEqual([[1, 1, 1], [1, 1, 0]]); // prettier-ignore
    expect(read('target')).toEqual([[1, 7, 0], [1, 9, 10]]); // prettier-ignore
    expect(read('labels')).toEqual([[7, 2, -100], [9, 10, 2]]); // prettier-ignore
    expect(labelCount).toBe(5);
    dispose(batch);
  });

  it('have no pairs beyond the context, with their end', async () => {
    const tokenizer = await trainTokenizer([{ source: 'a b c d', target: 'a' }], 300); // no merges: a token for each character
    const pairs = ['a b', 'a b c', 'a b c d'].map((text) => ({ source: text, target: 'a' }));
    expect(tokenPairs(pairs, tokenizer, 6)).toHaveLength(2);
  });
});

describe('the tokenizer of a translator', () => {
  const pairs = [
    { source: 'Where is the cat?', target: 'Où est le chat\u202f?' },
    { source: 'The cat, the dog.', target: 'Le chat, le chien.' },
  ];

  it('is one for both languages, its special tokens first, and loses nothing', async () => {
    const tokenizer = await trainTokenizer(pairs, 266);
    expect([tokenizer.size, tokenizer.idOf('<pad>'), tokenizer.idOf('<s>'), tokenizer.idOf('</s>')]).toEqual([
      266, 0, 1, 2,
    ]);
    for (const text of ['Où est le chien ?', 'Where is the dog?', '你好', ' deux  espaces\tici ']) {
      const { ids } = tokenizer.encode(text);
      expect(Math.min(...ids)).toBeGreaterThan(2); // neither start nor end is added
      expect(tokenizer.decode([1, ...ids, 2, 0, 0])).toBe(text);
    }
  });

  it('is the same when it was saved', async () => {
    const tokenizer = await trainTokenizer(pairs, 266);
    const read = readTokenizer(JSON.parse(JSON.stringify(tokenizer)), 'tokenizer.json');
    expect(read.encode('Où est le chien ?').ids).toEqual(tokenizer.encode('Où est le chien ?').ids);
  });

  it('is refused where the file holds another', async () => {
    const { added_tokens: added, ...file } = (await trainTokenizer(pairs, 266)).toJSON();
    const read = (json: unknown) => () => readTokenizer(json, 'run/tokenizer.json');
    expect(read({ tokens: ['a'] })).toThrowCode('RUN', /run\/tokenizer\.json/);
    const swapped = (added as object[]).map((token, i) => ({ ...token, content: ['<pad>', '</s>', '<s>'][i] }));
    expect(read({ ...file, added_tokens: swapped })).toThrowCode('RUN', /<s> is token/);
    const other = await trainBytePairEncoding(['the cat'], { vocabularySize: 260 });
    expect(read(other.toJSON())).toThrowCode('RUN', /<pad> is no token/);
  });
});

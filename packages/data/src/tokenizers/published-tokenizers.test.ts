// SPDX-License-Identifier: Apache-2.0
// Tests of the tokenizers of GPT-2, CLIP and MiniLM: ids that their publishers and users state, and texts that come back.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWithData } from '@nabla/testing';
import * as fc from 'fast-check';
import { PretrainedTokenizer } from './pretrained-tokenizer.ts';
import { readClip, readMiniLm, tokenizerOf } from './test-published.ts';

/** Texts of all that is difficult: emoji of several code points, ideographs, marks, spaces, halves of characters. */
const difficult = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '👨‍👩‍👧',
        '🐋',
        '🇫🇷',
        '你好',
        '한국어',
        '𠀀',
        'e\u0301',
        'naïve',
        "Don't",
        ' ',
        '  ',
        '\n',
        '\t',
        '12',
        '…',
        '!',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

/** What a stream decoder gives, put together, is what decoding everything gives, for these ids. */
function expectStream(tokenizer: PretrainedTokenizer, ids: readonly number[], options = {}): void {
  const decoder = tokenizer.streamDecoder(options);
  const pieces = ids.map((id) => decoder.push(id));
  expect([...pieces, decoder.flush()].join('')).toBe(tokenizer.decode(ids, options));
}

const anyIds = (tokenizer: PretrainedTokenizer): fc.Arbitrary<number[]> =>
  fc.array(fc.oneof(fc.nat(tokenizer.size - 1), fc.nat(255)), { maxLength: 30 });

describeWithData("GPT-2's tokenizer", 'gpt2-tokenizer', (folder) => {
  let tokenizer: PretrainedTokenizer;
  beforeAll(async () => {
    tokenizer = await PretrainedTokenizer.fromFolder(folder);
  });

  it.each([
    // https://huggingface.co/docs/transformers/model_doc/gpt2, class GPT2Tokenizer
    ['Hello world', [15496, 995]],
    [' Hello world', [18435, 995]],
    // https://github.com/openai/tiktoken and the GPT-2 paper's prompts, as the Hugging Face course prints them
    ['Hello, my dog is cute', [15496, 11, 616, 3290, 318, 13779]],
    ['<|endoftext|>', [50256]],
    ['你好', [19526, 254, 25001, 121]],
  ])('encodes %j as published', (text, ids) => {
    expect(tokenizer.encode(text).ids).toEqual(ids);
    expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(text);
  });

  it('knows its vocabulary and its one special token', () => {
    expect(tokenizer.size).toBe(50257);
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.unkId, tokenizer.padId]).toEqual([
      50256,
      50256,
      50256,
      undefined,
    ]);
    expect([tokenizer.idOf('Ġworld'), tokenizer.tokenOf(995), tokenizer.tokenOf(50257)]).toEqual([
      995,
      'Ġworld',
      undefined,
    ]);
    expect(tokenizer.decode([50256, 995, 50300])).toBe(' world');
  });

  it('gives every text back', () => {
    fc.assert(
      fc.property(difficult, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text);
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  it('streams what it decodes, whatever the ids', () => {
    fc.assert(
      fc.property(anyIds(tokenizer), (ids) => expectStream(tokenizer, ids)),
      { seed: 2, numRuns: 150 },
    );
    fc.assert(
      fc.property(difficult, fc.boolean(), (text, cleanUp) =>
        expectStream(tokenizer, tokenizer.encode(text).ids, { cleanUp }),
      ),
      { seed: 3, numRuns: 150 },
    );
  });

  it('never streams half a character', () => {
    const decoder = tokenizer.streamDecoder();
    const pieces = tokenizer.encode('你好 🐋').ids.map((id) => decoder.push(id));
    expect(pieces).toEqual(['', '你', '', '好', ' ', '', '🐋']);
    expect(decoder.flush()).toBe('');
  });

  it('takes half a surrogate pair for U+FFFD, as it does bytes that are no text', () => {
    expect(tokenizer.encode('a\uD83Db').ids).toEqual(tokenizer.encode('a\uFFFDb').ids);
    const decoder = tokenizer.streamDecoder();
    expect([decoder.push(tokenizer.encode('你').ids[0] ?? 0), decoder.flush()]).toEqual(['', '\uFFFD']);
  });

  it('agrees with byte pair encoding as its paper writes it', async () => {
    const { model } = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8'));
    const ranks = new Map<string, number>(model.merges.map((pair: string, rank: number) => [pair, rank]));
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,20}$/), (word) => {
        expect(tokenizer.encode(word).ids).toEqual(mergeWord([...word], ranks).map((token) => model.vocab[token]));
      }),
      { seed: 4, numRuns: 150 },
    );
  });
});

/** Sennrich et al. 2016: merges the pair that was learned first, wherever it is, until there is none. */
function mergeWord(symbols: readonly string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  const rankAt = (i: number): number => ranks.get(`${symbols[i]} ${symbols[i + 1]}`) ?? Infinity;
  const best = symbols.reduce((lowest, _, i) => (rankAt(i) < rankAt(lowest) ? i : lowest), 0);
  if (rankAt(best) === Infinity) return symbols;
  return mergeWord(
    [...symbols.slice(0, best), `${symbols[best]}${symbols[best + 1]}`, ...symbols.slice(best + 2)],
    ranks,
  );
}

describeWithData("CLIP's tokenizer", 'clip-bpe', (folder) => {
  let tokenizer: PretrainedTokenizer;
  beforeAll(async () => {
    tokenizer = await tokenizerOf(await readClip(folder));
  });

  it.each([
    // https://huggingface.co/docs/transformers/model_doc/clip and https://github.com/openai/CLIP, tests of the tokenizer
    ['a photo of a cat', [49406, 320, 1125, 539, 320, 2368, 49407]],
    ['a photo of a dog', [49406, 320, 1125, 539, 320, 1929, 49407]],
    ['hello world!', [49406, 3306, 1002, 256, 49407]],
  ])('encodes %j as published', (text, ids) => {
    expect(tokenizer.encode(text).ids).toEqual(ids);
  });

  it('writes words in lower case and with spaces between them', () => {
    expect(tokenizer.decode(tokenizer.encode('A  photo of a CAT.').ids)).toBe('a photo of a cat .');
    expect([tokenizer.size, tokenizer.bosId, tokenizer.eosId]).toEqual([49408, 49406, 49407]);
  });

  it('streams what it decodes, whatever the ids', () => {
    fc.assert(
      fc.property(anyIds(tokenizer), fc.boolean(), (ids, skipSpecialTokens) =>
        expectStream(tokenizer, ids, { skipSpecialTokens }),
      ),
      { seed: 5, numRuns: 150 },
    );
  });
});

describeWithData("MiniLM's tokenizer", 'minilm-l6-fp16', (folder) => {
  let tokenizer: PretrainedTokenizer;
  beforeAll(async () => {
    tokenizer = await tokenizerOf({ 'tokenizer.json': await readMiniLm(folder) });
  });

  it('gives the ids and tokens that transformers gave', async () => {
    const { items } = JSON.parse(await readFile(join(folder, '..', 'expected', 'minilm.json'), 'utf8'));
    for (const { text, ids, tokens } of items) {
      expect(tokenizer.encode(text).ids).toEqual(ids);
      expect(ids.map((id: number) => tokenizer.tokenOf(id))).toEqual(tokens);
    }
  });

  it('encodes pairs, and knows its special tokens', () => {
    // https://huggingface.co/docs/transformers/glossary#token-type-ids
    expect(tokenizer.encode('HuggingFace is based in NYC', { pair: 'Where is HuggingFace based?' })).toEqual({
      ids: [101, 17662, 12172, 2003, 2241, 1999, 16392, 102, 2073, 2003, 17662, 12172, 2241, 1029, 102],
      attentionMask: new Array(15).fill(1),
      typeIds: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1],
    });
    const { padId, unkId, clsId, sepId, maskId, bosId } = tokenizer;
    expect([padId, unkId, clsId, sepId, maskId, bosId]).toEqual([0, 100, 101, 102, 103, undefined]);
  });

  it('reads vocab.txt as it reads tokenizer.json', async () => {
    const { model } = JSON.parse(await readMiniLm(folder));
    const lines = Object.keys(model.vocab).sort((a, b) => model.vocab[a] - model.vocab[b]);
    const older = await tokenizerOf({ 'vocab.txt': `${lines.join('\n')}\n` });
    fc.assert(
      fc.property(difficult, (text) =>
        expect(older.encode(text, { pair: text })).toEqual(tokenizer.encode(text, { pair: text })),
      ),
      { seed: 6, numRuns: 200 },
    );
    const cased = await tokenizerOf({
      'vocab.txt': `${lines.join('\n')}\n`,
      'tokenizer_config.json': '{ "do_lower_case": false, "model_max_length": 512 }',
    });
    expect([cased.encode('The', { addSpecialTokens: false }).ids, cased.modelMaximumLength]).toEqual([[100], 512]);
  });

  it('streams what it decodes, whatever the ids', () => {
    fc.assert(
      fc.property(anyIds(tokenizer), fc.boolean(), (ids, cleanUp) => expectStream(tokenizer, ids, { cleanUp })),
      { seed: 7, numRuns: 150 },
    );
  });
});

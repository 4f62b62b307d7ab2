// SPDX-License-Identifier: Apache-2.0
// Tests of the tokenizer as its callers see it: batches, special tokens, older folders, and files that are wrong.

import { ArgumentError } from '@nabla/core';
import { golden } from '@nabla/testing';
import * as fc from 'fast-check';
import { PretrainedTokenizer } from './pretrained-tokenizer.ts';
import { tokenizerOf } from './test-published.ts';

/** Words by their own: `[CLS] a b [SEP]`. */
const bertWords = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', 'c', 'd', 'e', '##s'].join('\n');

/** GPT-2's files with two merges. */
const gpt2Files = {
  'vocab.json': JSON.stringify({ a: 0, b: 1, ab: 2, Ġ: 3, Ġab: 4, '<|endoftext|>': 5 }),
  'merges.txt': '#version: 0.2\na b\nĠ ab\n',
};

describe('encodeBatch', () => {
  let tokenizer: PretrainedTokenizer;
  beforeAll(async () => {
    tokenizer = await tokenizerOf({ 'vocab.txt': bertWords, 'tokenizer_config.json': '{ "model_max_length": 6 }' });
  });
  const rows = (texts: readonly any[], options = {}): string[] =>
    tokenizer.encodeBatch(texts, options).inputIds.map((ids) => ids.map((id) => tokenizer.tokenOf(id)).join(' '));

  it('fills up to the longest, to a length, or not at all, on either side', () => {
    expect(tokenizer.encodeBatch(['a', ['b c', 'd']], { padding: 'longest' })).toEqual({
      inputIds: [
        [2, 5, 3, 0, 0, 0],
        [2, 6, 7, 3, 8, 3],
      ],
      attentionMask: [
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 1, 1],
      ],
      tokenTypeIds: [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1, 1],
      ],
    });
    expect(rows(['a', 'b c'], { padding: 5, paddingSide: 'left' })).toEqual([
      '[PAD] [PAD] [CLS] a [SEP]',
      '[PAD] [CLS] b c [SEP]',
    ]);
    expect(rows(['a', 'b c'])).toEqual(['[CLS] a [SEP]', '[CLS] b c [SEP]']);
    expect(rows(['a'], { addSpecialTokens: false })).toEqual(['a']);
    expect(tokenizer.encodeBatch([])).toEqual({ inputIds: [], attentionMask: [], tokenTypeIds: [] });
  });

  it('cuts the texts and keeps the special tokens', () => {
    expect(rows(['a b c d'], { maximumLength: 4 })).toEqual(['[CLS] a b [SEP]']);
    expect(rows(['a b c d e'], { truncation: 'longest_first' })).toEqual(['[CLS] a b c d [SEP]']);
    const pair = [['a b c d e', 'd e']];
    expect(rows(pair, { maximumLength: 8 })).toEqual(['[CLS] a b c [SEP] d e [SEP]']);
    expect(rows(pair, { maximumLength: 6 })).toEqual(['[CLS] a b [SEP] d [SEP]']);
    expect(rows(pair, { maximumLength: 8, truncation: 'only_second' })).toEqual(['[CLS] a b c d e [SEP] [SEP]']);
    expect(rows(pair, { maximumLength: 6, truncation: 'only_first' })).toEqual(['[CLS] a [SEP] d e [SEP]']);
  });

  it('cuts from the left where the folder says so', async () => {
    const left = await tokenizerOf({
      'vocab.txt': bertWords,
      'tokenizer_config.json': '{ "truncation_side": "left", "padding_side": "left" }',
    });
    expect(left.encodeBatch(['a b c', 'a'], { maximumLength: 4, padding: 'longest' }).inputIds).toEqual([
      [2, 6, 7, 3],
      [0, 2, 5, 3],
    ]);
  });

  it('is never longer than asked, and has all of the special tokens', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'cs', 'x'), { maxLength: 9 }).map((list) => list.join(' '));
    fc.assert(
      fc.property(words, words, fc.integer({ min: 3, max: 12 }), (first, second, maximumLength) => {
        const [ids = []] = tokenizer.encodeBatch([[first, second]], { maximumLength }).inputIds;
        const whole = tokenizer.encode(first, { pair: second }).ids.length;
        expect(ids).toHaveLength(Math.min(whole, maximumLength));
        expect([ids[0], ids.filter((id) => id === 3).length, ids.at(-1)]).toEqual([2, 2, 3]);
      }),
      { seed: 1 },
    );
  });

  it.each<[object, string, string]>([
    [
      { maximumLength: 1 },
      'LENGTH',
      'expected maximumLength to be at least 2, the number of special tokens, received 1',
    ],
    [{ maximumLength: -1 }, 'ARGUMENT', 'maximumLength'],
    [{ padding: 'max' }, 'ARGUMENT', 'padding'],
    [{ truncation: 'first' }, 'ARGUMENT', 'to be one of "longest_first", "only_first", "only_second"'],
    [{ paddings: 3 }, 'OPTION', 'Did you mean "padding"?'],
  ])('refuses %j', (options, code, message) => {
    expect(() => tokenizer.encodeBatch(['a b'], options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it('says which text is too short to be cut, and that there is nothing to pad with', async () => {
    expect(() => tokenizer.encodeBatch([['a', 'b c d e']], { maximumLength: 4, truncation: 'only_first' })).toThrow(
      'the first text to have the 4 tokens that must go ("only_first"), received 1',
    );
    const gpt2 = await tokenizerOf(gpt2Files);
    expect(gpt2.encodeBatch(['ab', 'ab'], { padding: 'longest' }).inputIds).toEqual([[2], [2]]);
    expect(() => gpt2.encodeBatch(['ab', 'abab'], { padding: 'longest' })).toThrow(
      expect.objectContaining({ code: 'PADDING' }),
    );
    expect(() => gpt2.encodeBatch(['ab'], { truncation: 'only_first' })).toThrow('names no length of its own');
  });

  it('refuses what is no text', () => {
    const wrong: any = [['a', 3]];
    expect(() => tokenizer.encodeBatch(wrong)).toThrow('expected pair to be a string, received 3');
    expect(() => tokenizer.decode([1, 0.5])).toThrow('ids');
    expect(() => tokenizer.decode([-1])).toThrow('ids');
  });
});

describe('special tokens', () => {
  it('are those of the folder before those of the family', async () => {
    const named = await tokenizerOf({
      ...gpt2Files,
      'tokenizer_config.json': '{ "pad_token": { "content": "[PAD]", "lstrip": true }, "eos_token": "<|endoftext|>" }',
      'special_tokens_map.json': '{ "eos_token": "a", "unk_token": "Ġ" }',
    });
    expect([named.padId, named.eosId, named.unkId, named.bosId, named.size]).toEqual([6, 5, 3, 5, 7]);
    expect(named.encode('ab [PAD]ab').ids).toEqual([2, 6, 2]);
    expect([named.decode([2, 6, 2]), named.decode([2, 6], { skipSpecialTokens: false })]).toEqual(['abab', 'ab[PAD]']);
    const family = await tokenizerOf(gpt2Files);
    expect([family.padId, family.eosId, family.bosId]).toEqual([undefined, 5, 5]);
  });

  it('may come from added_tokens_decoder and added_tokens.json', async () => {
    const added = await tokenizerOf({
      ...gpt2Files,
      'tokenizer_config.json': '{ "added_tokens_decoder": { "9": { "content": "<x>", "special": true } } }',
      'added_tokens.json': '{ "<y>": 8 }',
    });
    expect(added.encode('ab<x><y>').ids).toEqual([2, 9, 8]);
    expect([added.size, added.decode([2, 9, 8, 7])]).toEqual([10, 'ab<y>']);
  });

  it('come with the template of a conversation and the length of the model', async () => {
    const listed = '{ "chat_template": [{ "name": "tool", "template": "t" }, { "name": "default", "template": "d" }] }';
    const both = { ...gpt2Files, 'tokenizer_config.json': '{ "chat_template": "c", "model_max_length": 1e30 }' };
    expect((await tokenizerOf({ ...gpt2Files, 'tokenizer_config.json': listed })).chatTemplate).toBe('d');
    const tokenizer = await tokenizerOf(both);
    expect([tokenizer.chatTemplate, tokenizer.modelMaximumLength]).toEqual(['c', undefined]);
    expect((await tokenizerOf({ ...both, 'chat_template.jinja': 'file' })).chatTemplate).toBe('file');
  });
});

describe('Unigram', () => {
  // By hand: "ab" as one token costs 3.0, as "a" and "b" 1.0 + 1.5 = 2.5; "abc" as "ab", "c" 3.5, as "a", "bc" 1.0 + 1.2 = 2.2, and as
  // "a", "b", "c" 3.0. An unknown character costs 10 more than the worst token: 13.0.
  const json = {
    added_tokens: [],
    model: {
      type: 'Unigram',
      unk_id: 0,
      vocab: [
        ['<unk>', 0],
        ['a', -1],
        ['b', -1.5],
        ['ab', -3],
        ['bc', -1.2],
        ['c', -0.5],
      ],
    },
  };
  it.each([
    ['ab', [1, 2]],
    ['abc', [1, 4]],
    ['aba', [1, 2, 1]],
    ['xyab', [0, 1, 2]],
    ['', []],
  ])('finds the most probable tokens of %j', (text, ids) => {
    expect(PretrainedTokenizer.fromJSON(json).encode(text).ids).toEqual(ids);
  });

  it('names what it has no token for, where the file has none for the unknown', () => {
    const model = { ...json.model, unk_id: null };
    expect(() => PretrainedTokenizer.fromJSON({ model }).encode('ax')).toThrow('"model.unk_id" of "tokenizer.json"');
    expect(PretrainedTokenizer.fromJSON({ model }).encode('ab').ids).toEqual([1, 2]);
  });
});

describe('files that are wrong', () => {
  const model = { type: 'WordLevel', vocab: { a: 0, '<unk>': 1 }, unk_token: '<unk>' };
  const file = (parts: object): Record<string, string> => ({ 'tokenizer.json': JSON.stringify({ model, ...parts }) });
  it.each<[string, Record<string, string>, string]>([
    ['none', {}, 'to have tokenizer.json, vocab.txt, or vocab.json with merges.txt, received none of them'],
    ["SentencePiece's own", { 'spiece.model': 'x' }, 'received only spiece.model. Convert it once with Python'],
    ['half of them', { 'vocab.json': '{}' }, 'received vocab.json without merges.txt'],
    ['no JSON', { 'tokenizer.json': '{"model": ' }, 'tokenizer.json" to be JSON'],
    ['an empty file', { 'tokenizer.json': '' }, 'an empty file'],
    ['a list', { 'tokenizer.json': '[]' }, 'tokenizer.json" to be an object, received []'],
    ['no model', { 'tokenizer.json': '{}' }, 'expected "model" of'],
    ['an unknown model', file({ model: { type: 'BPF' } }), 'WordPiece, received "BPF". Did you mean "BPE"?'],
    ['an unknown part', file({ normalizer: { type: 'Upper' } }), 'expected "normalizer.type" of'],
    [
      'a part of a part',
      file({ decoder: { type: 'Sequence', decoders: [{ type: 'X' }] } }),
      'expected "decoder.decoders[0].type" of',
    ],
    ['a huge id', file({ model: { ...model, vocab: { a: 4e9 } } }), '"model.vocab.a" of'],
    [
      'an id twice',
      file({ model: { ...model, vocab: { a: 0, b: 0 } } }),
      'to be an id of its own, received 0, which is the id of "a"',
    ],
    [
      'a broken pattern',
      file({ pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Removed' } }),
      '"pre_tokenizer.pattern.Regex" of',
    ],
    ['a step of no length', file({ pre_tokenizer: { type: 'FixedLength', length: 0 } }), 'to be an integer from 1'],
    [
      'a short table',
      file({ normalizer: { type: 'Precompiled', precompiled_charsmap: '/////w==' } }),
      'received 4 bytes that say 4294967295',
    ],
    [
      'a template without its token',
      file({
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: 'x', type_id: 0 } }],
          pair: [],
          special_tokens: {},
        },
      }),
      '"post_processor.special_tokens.x" of',
    ],
    ['merges of no tokens', { ...gpt2Files, 'merges.txt': 'a c\n' }, 'received "c", which is none'],
    ['a merge of three', { ...gpt2Files, 'merges.txt': 'a b\na b c\n' }, '"line 2" of'],
    ['a word twice', { 'vocab.txt': 'a\nb\na\n' }, '"line 3" of'],
    ['no [CLS]', { 'vocab.txt': 'a\nb\n' }, 'to have the token "[CLS]", received 2 others'],
    ['a bad side', { ...gpt2Files, 'tokenizer_config.json': '{ "padding_side": "top" }' }, '"padding_side" of'],
    ['a bad length', { ...gpt2Files, 'tokenizer_config.json': '{ "model_max_length": -5 }' }, '"model_max_length" of'],
    [
      'a bad added id',
      { ...gpt2Files, 'tokenizer_config.json': '{ "added_tokens_decoder": { "x": { "content": "y" } } }' },
      '"added_tokens_decoder.x" of',
    ],
  ])('names file and field: %s', async (_, files, message) => {
    const error: unknown = await tokenizerOf(files).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error).toMatchObject({
      message: expect.stringContaining(message),
      code: expect.stringMatching(/TOKENIZER|TEXT/),
    });
  });

  it('never fail in another way, whatever one value is changed to', () => {
    const whole = golden('tokenizers').cases.filter(({ kind }) => kind === 'tokenizer');
    const strange = fc.oneof(
      fc.constantFrom(null, 0, -1, 1e30, '', 'x', '(', [], {}, true, [[]]),
      fc.jsonValue({ maxDepth: 1 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.array(fc.nat(), { maxLength: 5 }), strange, ({ file }, path, value) => {
        try {
          const tokenizer = PretrainedTokenizer.fromJSON(changed(file, path, value));
          tokenizer.decode(tokenizer.encode('hello 你 fox<s>', { pair: 'a' }).ids);
        } catch (error) {
          if (!(error instanceof ArgumentError)) throw error;
        }
      }),
      { seed: 1, numRuns: 800 },
    );
  });
});

/** A copy of a JSON value with another one somewhere in it; `path` picks the entry at each depth. */
function changed(json: any, [at, ...path]: readonly number[], value: unknown): any {
  if (at === undefined || typeof json !== 'object' || json === null) return value;
  const keys = Object.keys(json);
  const key = keys[at % keys.length];
  if (key === undefined) return value;
  const entry = changed(json[key], path, value);
  return Array.isArray(json) ? json.with(Number(key), entry) : { ...json, [key]: entry };
}

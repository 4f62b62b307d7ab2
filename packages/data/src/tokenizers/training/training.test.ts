// SPDX-License-Identifier: Apache-2.0
// Tests of what learns tokenizers: by hand, against the plain definition, and against Hugging Face's trainers.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithData, golden } from '@nabla/testing';
import * as fc from 'fast-check';
import { CharacterTokenizer } from '../character-tokenizer.ts';
import { PretrainedTokenizer } from '../pretrained-tokenizer.ts';
import { type TrainingProgress, countWords } from './count-words.ts';
import { type CountedWord, type LearnOptions, learnMerges, learnMergesPlainly } from './learn-merges.ts';
import { PAIR_BASE, PairQueue } from './pair-queue.ts';
import { trainBytePairEncoding } from './train-byte-pair-encoding.ts';
import { trainWordPiece } from './train-word-piece.ts';

/** https://huggingface.co/learn/llm-course/chapter6/5: words and how often they are there. */
const course = Object.entries({ hug: 10, pug: 5, pun: 12, bun: 4, hugs: 5 }).flatMap(([word, count]) =>
  new Array<string>(count).fill(word),
);

const letters = [...'bghnpsu'];

/** Learns from words over the letters, and says what was joined. */
function learn(
  learner: typeof learnMerges,
  words: readonly CountedWord[],
  options: Partial<LearnOptions> = {},
): string[] {
  const tokens = [...letters];
  const join = (left: string, right: string): string => left + right;
  const merges = learner(words, { tokens, vocabularySize: 100, minimumFrequency: 1, join, ...options });
  return merges.map(([left, right]) => `${tokens[left]} ${tokens[right]}`);
}

describe('learnMerges', () => {
  it('joins the most frequent pair first, as in the course', () => {
    const words = ['hug', 'pug', 'pun', 'bun', 'hugs'].map((word, i) => ({
      symbols: Array.from(word, (letter) => letters.indexOf(letter)),
      count: [10, 5, 12, 4, 5][i] ?? 0,
    }));
    // u g: 10 + 5 + 5 = 20; u n: 12 + 4 = 16; h ug: 10 + 5 = 15; then p un: 12
    expect(learn(learnMerges, words, { vocabularySize: 10 })).toEqual(['u g', 'u n', 'h ug']);
    expect(learn(learnMerges, words, { minimumFrequency: 12 })).toEqual(['u g', 'u n', 'h ug', 'p un']);
  });

  it('joins, of equally frequent pairs, the one of the smaller ids', () => {
    const words = [{ symbols: [5, 4, 3, 2], count: 1 }];
    expect(learn(learnMerges, words, { vocabularySize: 9 })).toEqual(['n h', 'p nh']);
  });

  it('finds what recounting everything finds', () => {
    const word = fc.record({
      symbols: fc.array(fc.nat(3), { minLength: 1, maxLength: 9 }),
      count: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.integer({ min: 0, max: 4 }), (words, minimumFrequency) => {
        expect(learn(learnMerges, words, { minimumFrequency, vocabularySize: 40 })).toEqual(
          learn(learnMergesPlainly, words, { minimumFrequency, vocabularySize: 40 }),
        );
      }),
      { seed: 1, numRuns: 250 },
    );
  });
});

describe('PairQueue', () => {
  it('has the most frequent pair first, then the smaller one', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(5))), (entries) => {
        const queue = new PairQueue();
        for (const [pair, count] of entries) queue.push(pair, count);
        const sorted = entries.toSorted(([a, countA], [b, countB]) => countB - countA || a - b);
        expect(entries.map(() => queue.pop())).toEqual(sorted.map(([pair, count]) => ({ pair, count })));
        expect(queue.pop()).toBeUndefined();
      }),
      { seed: 2 },
    );
    expect(Number.isSafeInteger(PAIR_BASE * PAIR_BASE)).toBe(true);
  });
});

describe('trainBytePairEncoding', () => {
  it.each(
    golden('tokenizers')
      .cases.filter(({ kind }) => kind === 'training')
      .map((recorded) => [recorded.name, recorded] as const),
  )('learns what BpeTrainer learns: %s', async (_, { file, results }) => {
    const [[texts, learned] = []]: readonly any[] = results;
    const options: any = { specialTokens: [], minimumFrequency: 0, ...(file as object) };
    const tokenizer = await trainBytePairEncoding(texts, options);
    const { model }: any = tokenizer.toJSON();
    expect(model.merges).toEqual(learned.merges);
    expect(tokenizer.size).toBe(learned.size);
  });

  it('learns the words of the course', async () => {
    const tokenizer = await trainBytePairEncoding(course, { vocabularySize: 260 });
    expect([257, 258, 259].map((id) => tokenizer.tokenOf(id))).toEqual(['ug', 'un', 'hug']);
    expect(tokenizer.encode('hugs bun').ids.map((id) => tokenizer.tokenOf(id))).toEqual(['hug', 's', 'Ġ', 'b', 'un']);
    expect([tokenizer.tokenOf(0), tokenizer.tokenOf(1), tokenizer.eosId]).toEqual(['<|endoftext|>', '!', 0]);
  });

  it('gives every text back, and learns the same again', async () => {
    const texts = ['naïve 你好 🐋🐋 naïve', ' 你好 2024 2024\n', 'half a pair: \uD83D'];
    const tokenizer = await trainBytePairEncoding(texts, { vocabularySize: 300 });
    const again = await trainBytePairEncoding(texts, { vocabularySize: 300 });
    expect(again.toJSON()).toEqual(tokenizer.toJSON());
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) =>
        expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text),
      ),
      { seed: 3 },
    );
  });

  it('reads texts as they come and says how far it is', async () => {
    async function* stream(): AsyncGenerator<string> {
      for (const text of course) yield await Promise.resolve(text);
    }
    const seen: TrainingProgress[] = [];
    const streamed = await trainBytePairEncoding(stream(), {
      vocabularySize: 260,
      onProgress: (progress) => seen.push(progress),
    });
    const whole = await trainBytePairEncoding(course, { vocabularySize: 260 });
    expect(streamed.toJSON()).toEqual(whole.toJSON());
    expect(seen).toEqual([
      { stage: 'reading', done: 36 },
      { stage: 'merging', done: 260, total: 260 },
    ]);
  });

  it('saves what loads again, here and in Python', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nabla-tokenizer-'));
    try {
      const tokenizer = await trainBytePairEncoding(course, { vocabularySize: 260 });
      await tokenizer.save(folder);
      const loaded = await PretrainedTokenizer.fromFolder(folder);
      expect(loaded.encode('hugs, puns').ids).toEqual(tokenizer.encode('hugs, puns').ids);
      const names = Object.keys(JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')));
      // The fields that the Rust library wants.
      expect(names).toEqual(
        'version truncation padding added_tokens normalizer pre_tokenizer post_processor decoder model'.split(' '),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each<[string, any, any, string]>([
    [
      'a small vocabulary',
      course,
      { vocabularySize: 256 },
      'vocabularySize to be at least 257, the bytes and special tokens',
    ],
    ['no size', course, {}, 'vocabularySize'],
    [
      'a token twice',
      course,
      { vocabularySize: 300, specialTokens: ['a', 'a'] },
      'specialTokens[1] to be a token of its own',
    ],
    [
      'an empty token',
      course,
      { vocabularySize: 300, specialTokens: [''] },
      'specialTokens[0] to be a token of its own',
    ],
    ['an unknown option', course, { vocabulary: 300 }, 'received "vocabulary"'],
    ['no texts', [], { vocabularySize: 300 }, 'texts to have words, received 0 texts without'],
    ['no text', ['a', 5], { vocabularySize: 300 }, 'text 1 to be a string, received 5'],
  ])('refuses %s', async (_, texts, options, message) => {
    await expect(trainBytePairEncoding(texts, options)).rejects.toThrow(message);
  });
});

describe('trainWordPiece', () => {
  it('learns the words of the course, in pieces', async () => {
    const tokenizer = await trainWordPiece(course, { vocabularySize: 24 });
    // The characters are b g h n p s u; of them g n s u go on with a word. ##u ##g: 20, ##u ##n: 16, h ##ug: 15, p ##un: 12.
    const tokens = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.tokenOf(id));
    expect(tokens).toEqual([
      ...['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
      ...['b', 'g', 'h', 'n', 'p', 's', 'u', '##g', '##n', '##s', '##u'],
      ...['##ug', '##un', 'hug', 'pun', 'pug', 'hugs', 'bun'],
    ]);
    expect(tokenizer.encode('Hugs, bung?').ids.map((id) => tokenizer.tokenOf(id))).toEqual([
      '[CLS]',
      'hugs',
      '[UNK]',
      'bun',
      '##g',
      '[UNK]',
      '[SEP]',
    ]);
    expect(tokenizer.decode(tokenizer.encode('hugs bung').ids)).toBe('hugs bung');
  });

  it('learns the same again, and keeps what BERT needs', async () => {
    const texts = ['Naïve, naïve 你好! And and', 'the THE the'];
    const [first, second] = [
      await trainWordPiece(texts, { vocabularySize: 80 }),
      await trainWordPiece(texts, { vocabularySize: 80 }),
    ];
    expect(second.toJSON()).toEqual(first.toJSON());
    expect([first.padId, first.unkId, first.clsId, first.sepId, first.maskId]).toEqual([0, 1, 2, 3, 4]);
    expect(first.encode('naive', { pair: 'The' }).typeIds).toEqual([0, 0, 0, 1, 1]);
  });

  it('refuses a vocabulary that its characters do not fit in', async () => {
    await expect(trainWordPiece(['abc'], { vocabularySize: 9 })).rejects.toThrow(
      'to be at least 10, the characters and special tokens',
    );
  });
});

describe('the file of a character tokenizer', () => {
  it('is read like any other', () => {
    const characters = CharacterTokenizer.train('Call me Ishmael — 🐋\n', { unknown: '<unk>' });
    const tokenizer = PretrainedTokenizer.fromJSON(characters.toJSON());
    expect(tokenizer.encode('lame 🐋\nx').ids).toEqual([...characters.encode('lame 🐋\nx')]);
    expect(tokenizer.decode(characters.encode('lame 🐋\n'))).toBe('lame 🐋\n');
    expect(tokenizer.size).toBe(characters.size);
  });
});

describe('countWords', () => {
  it('counts words in the order of their first place', async () => {
    const counts = await countWords('test', ['b a', 'a c'], (text) => text.split(' '));
    expect([...counts]).toEqual([
      ['b', 1],
      ['a', 2],
      ['c', 1],
    ]);
  });
});

describeWithData('tinyshakespeare', 'tinyshakespeare', (folder) => {
  it('becomes the tokens that BpeTrainer of tokenizers 0.23.2 makes of it', async () => {
    const text = await readFile(join(folder, 'input.txt'), 'utf8');
    const tokenizer = await trainBytePairEncoding(text.split(/(?<=\n)/), { vocabularySize: 1000 });
    const { ids } = tokenizer.encode(text.slice(0, 200_000));
    expect([tokenizer.size, ids.length]).toEqual([1000, 82_687]);
    expect(tokenizer.decode(ids)).toBe(text.slice(0, 200_000));
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the rules against values computed by hand.

import { constraints } from './constraints.ts';
import { constrain, warp } from './logit-rules.ts';
import type { LogitContext, LogitSettings } from './logit-settings.ts';
import { PLAIN, warpers } from './warpers.ts';

const neutral: LogitSettings = {
  ...PLAIN,
  sequenceBias: [],
  encoderRepetitionPenalty: 1,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  noRepeatNgramSize: 0,
  encoderNoRepeatNgramSize: 0,
  badWords: [],
  forbiddenTokens: [],
  forbiddenFirst: [],
  forcedLast: [],
  repairLogits: false,
  endTokens: [],
  minimumNewTokens: 0,
  maximumNewTokens: 10,
};
const no = -Infinity;

/** What the rules make of logits, rounded to float32. */
function ruled(logits: number[], settings: Partial<LogitSettings>, context: Partial<LogitContext> = {}): number[] {
  const whole = { tokens: [], source: [], written: 0, row: 0, ...context };
  const all = { ...neutral, ...settings };
  return [...warp(constrain(Float32Array.from(logits), all, whole), all)];
}

describe('rules of logits', () => {
  it('leave logits alone where nothing is asked for', () => {
    expect(ruled([1, -2, 0.5], {}, { tokens: [0, 1, 2, 0, 1], written: 2 })).toEqual([1, -2, 0.5]);
    const given = Float32Array.of(1, 2);
    constrain(given, { ...neutral, forbiddenTokens: [0] }, { tokens: [], source: [], written: 0, row: 0 });
    warp(given, { ...neutral, temperature: 2 });
    expect([...given]).toEqual([1, 2]);
  });

  it('repetitionPenalty divides positive logits of tokens in the text once, multiplies negative ones', () => {
    const text = { tokens: [0, 0, 1, 0] };
    expect(ruled([3, -1, 2, 0], { repetitionPenalty: 2 }, text)).toEqual([1.5, -2, 2, 0]);
  });

  it('encoderRepetitionPenalty does the opposite for tokens of the source', () => {
    expect(ruled([3, -1, 2], { encoderRepetitionPenalty: 2 }, { source: [0, 1, 0] })).toEqual([6, -0.5, 2]);
  });

  it('presencePenalty and frequencyPenalty are subtracted for tokens that were written, once and each time', () => {
    const text = { tokens: [0, 1, 1, 2], written: 3 };
    expect(ruled([1, 1, 1, 1], { presencePenalty: 0.5, frequencyPenalty: 0.25 }, text)).toEqual([1, 0, 0.25, 1]);
    expect(ruled([1, 1, 1, 1], { frequencyPenalty: -1 }, text)).toEqual([1, 3, 2, 1]);
  });

  it('sequenceBias is added to the last token of a sequence behind the others', () => {
    const biases = {
      sequenceBias: [
        [[3], 2],
        [[1, 2], -0.5],
      ] as const,
    };
    expect(ruled([1, 1, 1, 1], biases, { tokens: [2, 1] })).toEqual([1, 1, 0.5, 3]);
    expect(ruled([1, 1, 1, 1], biases, { tokens: [1, 0] })).toEqual([1, 1, 1, 3]);
    expect(ruled([1, 1, 1, 1], biases, { tokens: [] })).toEqual([1, 1, 1, 3]);
  });

  it('noRepeatNgramSize forbids what would complete a sequence again', () => {
    expect(ruled([1, 1, 1, 1], { noRepeatNgramSize: 2 }, { tokens: [1, 2, 1, 3, 1] })).toEqual([1, 1, no, no]);
    expect(ruled([1, 1, 1, 1], { noRepeatNgramSize: 3 }, { tokens: [1, 2, 3, 1, 2] })).toEqual([1, 1, 1, no]);
    expect(ruled([1, 1, 1, 1], { noRepeatNgramSize: 1 }, { tokens: [1, 2] })).toEqual([1, no, no, 1]);
    expect(ruled([1, 1], { noRepeatNgramSize: 4 }, { tokens: [1, 1] })).toEqual([1, 1]);
  });

  it('encoderNoRepeatNgramSize forbids what would complete a sequence of the source', () => {
    const source = [1, 2, 1, 3];
    expect(ruled([1, 1, 1, 1], { encoderNoRepeatNgramSize: 2 }, { source, tokens: [0, 1] })).toEqual([1, 1, no, no]);
    expect(ruled([1, 1, 1, 1], { encoderNoRepeatNgramSize: 1 }, { source, tokens: [] })).toEqual([1, no, no, no]);
    expect(ruled([1, 1, 1, 1], { encoderNoRepeatNgramSize: 3 }, { source, tokens: [1] })).toEqual([1, 1, 1, 1]);
  });

  it('badWords forbid their last token behind the others', () => {
    const words = { badWords: [[3], [1, 2]] };
    expect(ruled([1, 1, 1, 1], words, { tokens: [2, 1] })).toEqual([1, 1, no, no]);
    expect(ruled([1, 1, 1, 1], words, { tokens: [1, 0] })).toEqual([1, 1, 1, no]);
    expect(ruled([1, 1, 1, 1], { ...words, endTokens: [3] }, { tokens: [] })).toEqual([1, 1, 1, 1]);
  });

  it('minimumNewTokens forbids all end tokens until they are written', () => {
    const settings = { minimumNewTokens: 2, endTokens: [0, 2] };
    expect(ruled([1, 1, 1], settings, { written: 1 })).toEqual([no, 1, no]);
    expect(ruled([1, 1, 1], settings, { written: 2 })).toEqual([1, 1, 1]);
  });

  it('forced tokens are the first and the last', () => {
    const settings = { forcedFirst: 1, forcedLast: [0, 2], maximumNewTokens: 5 };
    expect(ruled([1, 2, 3], settings, { written: 0 })).toEqual([no, 0, no]);
    expect(ruled([1, 2, 3], settings, { written: 1 })).toEqual([1, 2, 3]);
    expect(ruled([1, 2, 3], settings, { written: 4 })).toEqual([0, no, 0]);
  });

  it('endGrowth makes the end likelier with each token behind a length', () => {
    const settings = { endGrowth: { from: 2, factor: 2 }, endTokens: [0, 1] };
    expect(ruled([2, -2, 1], settings, { written: 2 })).toEqual([2, -2, 1]);
    expect(ruled([2, -2, 1], settings, { written: 4 })).toEqual([2 + 2 * 3, -2 + 2 * 3, 1]);
  });

  it('repairLogits makes numbers of what is none', () => {
    const largest = 3.4028234663852886e38;
    expect(ruled([NaN, Infinity, -Infinity, 1], { repairLogits: true })).toEqual([0, largest, -largest, 1]);
  });

  it('a list may forbid more tokens than a call takes arguments', () => {
    const all = Array.from({ length: 300_000 }, (_, token) => token);
    const logits = new Array<number>(all.length).fill(1);
    expect(ruled(logits, { forbiddenTokens: all.slice(1) }).slice(0, 3)).toEqual([1, no, no]);
  });

  it('lists forbid and allow', () => {
    expect(ruled([1, 2, 3], { forbiddenTokens: [1], forbiddenFirst: [2, -1] })).toEqual([1, no, no]);
    expect(ruled([1, 2, 3], { forbiddenTokens: [1], forbiddenFirst: [2, -1] }, { written: 1 })).toEqual([1, no, 3]);
    expect(ruled([1, 2, 3], { allowedTokens: [2, 0], forbiddenTokens: [0] })).toEqual([no, no, 3]);
  });

  it('a mask sees the text and changes logits after the other constraints, before temperature', () => {
    const seen: unknown[] = [];
    const logitMask: LogitSettings['logitMask'] = (logits, context) => {
      seen.push([[...logits], context]);
      logits[0] = 8;
    };
    const context = { tokens: [4, 5], source: [4], written: 1, row: 3 };
    expect(ruled([1, 2], { logitMask, forbiddenTokens: [1], temperature: 2 }, context)).toEqual([4, no]);
    expect(seen).toEqual([[[1, no], context]]);
  });

  it('temperature divides', () => {
    expect(ruled([3, -1], { temperature: 0.5 })).toEqual([6, -2]);
  });

  it('topK keeps the largest, and what equals the smallest of them', () => {
    expect(ruled([1, 4, 2, 3], { topK: 2 })).toEqual([no, 4, no, 3]);
    expect(ruled([2, 4, 2, 1], { topK: 2 })).toEqual([2, 4, 2, no]);
    expect(ruled([2, 4, 2, 1], { topK: 9 })).toEqual([2, 4, 2, 1]);
    const many = Array.from({ length: 1000 }, (_, i) => (i * 7919) % 1000);
    for (const topK of [3, 256, 257, 999]) {
      expect(ruled(many, { topK })).toEqual(many.map((logit) => (logit >= 1000 - topK ? logit : no)));
    }
  });

  it.each([
    [1, [0.1, 0.5, 0.15, 0.25]],
    [0.8, [0, 0.5, 0.15, 0.25]],
    [0.75, [0, 0.5, 0, 0.25]],
    [0.6, [0, 0.5, 0, 0.25]],
    [0.4, [0, 0.5, 0, 0]],
    [0, [0, 0.5, 0, 0]],
  ])('topP of %d keeps the fewest that have it together', (topP, kept) => {
    const chances = [0.1, 0.5, 0.15, 0.25];
    const expected = kept.map((chance) => (chance === 0 ? no : Math.fround(Math.log(chance))));
    expect(ruled(chances.map(Math.log), { topP: topP === 0.75 ? 0.7499 : topP })).toEqual(expected);
  });

  it('topP counts among equals, and among what topK left', () => {
    expect(ruled([1, 1, 1, 1], { topP: 0.5 }).filter((logit) => logit === 1)).toHaveLength(2);
    expect(ruled([1, 1, 3, 3], { topK: 2, topP: 0.9 })).toEqual([no, no, 3, 3]);
  });

  it('minP keeps a share of the likeliest', () => {
    const chances = [0.6, 0.3, 0.1].map(Math.log);
    const [a = 0, b = 0, c = 0] = chances.map(Math.fround);
    expect(ruled(chances, { minP: 0.4 })).toEqual([a, b, no]);
    expect(ruled(chances, { minP: 0.6 })).toEqual([a, no, no]);
    expect(ruled(chances, { minP: 0.1 })).toEqual([a, b, c]);
    expect(ruled(chances, { minP: 1 })).toEqual([a, no, no]);
  });

  it.each([
    [1, [0.1, 0.5, 0.15, 0.25]],
    [0.8, [0, 0.5, 0.15, 0.25]],
    [0.7, [0, 0.5, 0, 0.25]],
    [0.2, [0, 0, 0, 0.25]],
  ])('typicalP of %d keeps those whose information is closest to the entropy', (typicalP, kept) => {
    // Information 2.303, 0.693, 1.897, 1.386; entropy 1.208: distances 1.095, 0.515, 0.689, 0.178.
    const expected = kept.map((chance) => (chance === 0 ? no : Math.fround(Math.log(chance))));
    expect(ruled([0.1, 0.5, 0.15, 0.25].map(Math.log), { typicalP })).toEqual(expected);
  });

  it('epsilonCutoff keeps what is probable enough, etaCutoff the more the less is', () => {
    const chances = [0.6, 0.22, 0.1, 0.08].map(Math.log);
    const [a = 0, b = 0, c = 0] = chances.map(Math.fround);
    expect(ruled(chances, { epsilonCutoff: 0.25 })).toEqual([a, no, no, no]);
    expect(ruled(chances, { epsilonCutoff: 0.09 })).toEqual([a, b, c, no]);
    expect(ruled(chances, { epsilonCutoff: 0.9 })).toEqual([a, no, no, no]);
    // Entropy 1.072: min(0.25, 0.5 · 0.342) = 0.171; min(0.01, 0.1 · 0.342) = 0.01.
    expect(ruled(chances, { etaCutoff: 0.25 })).toEqual([a, b, no, no]);
    expect(ruled(chances, { etaCutoff: 0.01 })).toHaveLength(4);
    expect(ruled(chances, { etaCutoff: 0.01 })).not.toContain(no);
  });

  it.each([{ topK: 1 }, { topP: 0.1 }, { minP: 1 }, { epsilonCutoff: 0.9 }, { etaCutoff: 0.99 }])(
    '%j leaves as many as beams need',
    (settings) => {
      const chances = [0.1, 0.5, 0.15, 0.25].map(Math.log);
      const kept = (leastKept: number): number[] =>
        ruled(chances, { ...settings, leastKept }).flatMap((logit, token) => (logit === no ? [] : [token]));
      expect([kept(1), kept(2), kept(3)]).toEqual([[1], [1, 3], [1, 2, 3]]);
    },
  );

  it('typicalP leaves as many as beams need', () => {
    const chances = [0.1, 0.5, 0.15, 0.25].map(Math.log);
    const kept = ruled(chances, { typicalP: 0.2, leastKept: 2 }).flatMap((logit, token) =>
      logit === no ? [] : [token],
    );
    expect(kept).toEqual([1, 3]);
  });

  it('come in the order of transformers: what forbids before what draws, penalties first', () => {
    const names = [...constraints, ...warpers].map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['sequenceBias', 'encoderRepetitionPenalty', 'repetitionPenalty']);
    const drawing = ['temperature', 'topK', 'topP', 'minP', 'typicalP', 'epsilonCutoff', 'etaCutoff'];
    expect(names.slice(-7)).toEqual(drawing);
    // Penalty first: 4 / 4 = 1 falls behind 2. Temperature before topP: at 1, 0.88 of the probability is with token 1.
    expect(ruled([4, 2, 0], { repetitionPenalty: 4, topK: 1 }, { tokens: [0] })).toEqual([no, 2, no]);
    expect(ruled([0, 2], { topP: 0.8 })).toEqual([no, 2]);
    expect(ruled([0, 2], { topP: 0.8, temperature: 4 })).toEqual([0, 0.5]);
  });
});

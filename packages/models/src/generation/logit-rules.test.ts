// SPDX-License-Identifier: Apache-2.0
// Tests of the rules against values computed by hand.

import { type LogitContext, type LogitSettings, constrain, constraints, warp, warpers } from './logit-rules.ts';

const neutral: LogitSettings = {
  repetitionPenalty: 1,
  noRepeatNgramSize: 0,
  badWords: [],
  forbiddenTokens: [],
  forbiddenFirst: [],
  forcedLast: [],
  endTokens: [],
  minimumNewTokens: 0,
  maximumNewTokens: 10,
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
};
const no = -Infinity;

/** What the rules make of logits, rounded to float32. */
function ruled(logits: number[], settings: Partial<LogitSettings>, context: Partial<LogitContext> = {}): number[] {
  const whole = { tokens: [], written: 0, row: 0, ...context };
  const all = { ...neutral, ...settings };
  return [...warp(constrain(Float32Array.from(logits), all, whole), all)];
}

describe('rules of logits', () => {
  it('leave logits alone where nothing is asked for', () => {
    expect(ruled([1, -2, 0.5], {}, { tokens: [0, 1, 2, 0, 1], written: 2 })).toEqual([1, -2, 0.5]);
    const given = Float32Array.of(1, 2);
    constrain(given, { ...neutral, forbiddenTokens: [0] }, { tokens: [], written: 0, row: 0 });
    warp(given, { ...neutral, temperature: 2 });
    expect([...given]).toEqual([1, 2]);
  });

  it('repetitionPenalty divides positive logits of tokens in the text once, multiplies negative ones', () => {
    const text = { tokens: [0, 0, 1, 0] };
    expect(ruled([3, -1, 2, 0], { repetitionPenalty: 2 }, text)).toEqual([1.5, -2, 2, 0]);
  });

  it('noRepeatNgramSize forbids what would complete a sequence again', () => {
    expect(ruled([1, 1, 1, 1], { noRepeatNgramSize: 2 }, { tokens: [1, 2, 1, 3, 1] })).toEqual([1, 1, no, no]);
    expect(ruled([1, 1, 1, 1], { noRepeatNgramSize: 3 }, { tokens: [1, 2, 3, 1, 2] })).toEqual([1, 1, 1, no]);
    expect(ruled([1, 1, 1, 1], { noRepeatNgramSize: 1 }, { tokens: [1, 2] })).toEqual([1, no, no, 1]);
    expect(ruled([1, 1], { noRepeatNgramSize: 4 }, { tokens: [1, 1] })).toEqual([1, 1]);
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
    const context = { tokens: [4, 5], written: 1, row: 3 };
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

  it('come in order: penalty, temperature, topK, topP, minP', () => {
    const names = [...constraints, ...warpers].map(({ name }) => name);
    expect(names[0]).toBe('repetitionPenalty');
    expect(names.slice(-4)).toEqual(['temperature', 'topK', 'topP', 'minP']);
    // Penalty first: 4 / 4 = 1 falls behind 2. Temperature before topP: at 1, 0.88 of the probability is with token 1.
    expect(ruled([4, 2, 0], { repetitionPenalty: 4, topK: 1 }, { tokens: [0] })).toEqual([no, 2, no]);
    expect(ruled([0, 2], { topP: 0.8 })).toEqual([no, 2]);
    expect(ruled([0, 2], { topP: 0.8, temperature: 4 })).toEqual([0, 0.5]);
  });
});

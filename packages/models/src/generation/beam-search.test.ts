// SPDX-License-Identifier: Apache-2.0
// Tests of beam search against all texts that there are.

import { Generator } from '@nabla/core';
import { useDevice } from '@nabla/testing';

import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { KeyValueCache } from './cache.ts';
import { type Generated, generate } from './generate.ts';
import type { BatchOptions } from './options.ts';

useDevice('js');

const VOCABULARY = 5;

async function withModel<T>(use: (model: GPT2LMHeadModel) => Promise<T>, more: object = {}): Promise<T> {
  const config = { vocab_size: VOCABULARY, n_positions: 12, n_embd: 4, n_layer: 1, n_head: 2, ...more };
  const model = new GPT2LMHeadModel(config, new Generator(8));
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

/** The sum of the log-probabilities of `added` after the prompt 1, 2. */
async function sumOf(model: GPT2LMHeadModel, added: readonly number[]): Promise<number> {
  const { logProbabilities } = await generate(
    model,
    { inputIds: [[1, 2]] },
    {
      maximumNewTokens: added.length,
      logProbabilities: true,
      sample: false,
      logitMask: (logits, { written }) => {
        logits.fill(-Infinity);
        logits[added[written] ?? 0] = 0;
      },
    },
  );
  return logProbabilities?.[0]?.reduce((a, b) => a + b, 0) ?? NaN;
}

/** All texts of two tokens, or of one that ends, with their scores, best first. */
async function allTexts(
  model: GPT2LMHeadModel,
  ends: readonly number[],
  lengthPenalty: number,
): Promise<{ text: number[]; score: number }[]> {
  const tokens = Array.from({ length: VOCABULARY }, (_, token) => token);
  const texts = tokens.flatMap((a) => (ends.includes(a) ? [[a]] : tokens.map((b) => [a, b])));
  const scored = [];
  for (const text of texts) scored.push({ text, score: (await sumOf(model, text)) / text.length ** lengthPenalty });
  return scored.sort((a, b) => b.score - a.score);
}

const search = (model: GPT2LMHeadModel, options: BatchOptions): Promise<Generated> =>
  generate(model, { inputIds: [[1, 2]] }, { maximumNewTokens: 2, padToken: 0, ...options });

describe('beam search', () => {
  it.each([
    ['without an end', [], 1],
    ['with one end token', [3], 1],
    ['with several', [3, 0], 1],
    ['in favour of short texts', [3], -2],
    ['in favour of long ones', [3], 4],
  ])('with enough beams finds the best of all texts, %s', (_, endTokens, lengthPenalty) =>
    withModel(async (model) => {
      const expected = (await allTexts(model, endTokens, lengthPenalty)).slice(0, 6);
      const beams = { beams: 25, returnedSequences: 6, earlyStopping: 'never' } as const;
      const { sequences, scores, logProbabilities } = await search(model, {
        ...{ ...beams, endTokens, lengthPenalty, logProbabilities: true },
      });
      const rows = expected.map(({ text }) => [1, 2, ...text, ...(text.length < 2 ? [0] : [])]);
      const time = Math.max(...expected.map(({ text }) => text.length)) + 2;
      expect(sequences).toEqual(rows.map((row) => row.slice(0, time)));
      expect(scores).toEqual(expected.map(({ score }): unknown => expect.closeTo(score, 4)));
      expect(logProbabilities?.map((row) => row.length)).toEqual(expected.map(({ text }) => text.length));
    }),
  );

  it('gives each prompt of a batch what it gets alone', () =>
    withModel(async (model) => {
      const options = { maximumNewTokens: 5, beams: 3, returnedSequences: 2, endTokens: 4, padToken: 0 };
      const together = await generate(model, { inputIds: [[1, 2, 3], [2]] }, options);
      const alone = [await generate(model, { inputIds: [[1, 2, 3]] }, options)];
      alone.push(await generate(model, { inputIds: [[2]] }, options));
      const scores = alone.flatMap((found) => found.scores ?? []);
      expect(together.scores).toEqual(scores.map((score): unknown => expect.closeTo(score, 4)));
    }));

  it('leaves a beam in its row where it can, so that little of the cache is moved', () =>
    withModel(async (model) => {
      const orders = jest.spyOn(KeyValueCache.prototype, 'reorderByLayer');
      await generate(model, { inputIds: [[1, 2], [3]] }, { maximumNewTokens: 6, beams: 4, endTokens: [], padToken: 0 });
      const [first, ...others] = orders.mock.calls.map(([rows]) => [...rows]);
      orders.mockRestore();
      expect(first).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
      expect(others).toHaveLength(4);
      for (const rows of others) for (const row of rows) expect(rows[row]).toBe(row); // a row that goes on stays
    }));

  it('draws beams, the same for the same generator, with scores of what was drawn', () =>
    withModel(async (model) => {
      const draw = (seed: number, more: BatchOptions = {}): Promise<Generated> =>
        search(model, { beams: 3, returnedSequences: 3, topK: 0, generator: new Generator(seed), ...more });
      const drawn = await draw(1);
      expect(await draw(1)).toEqual(drawn);
      const varied = await Promise.all([2, 3, 4, 5].map((seed) => draw(seed, { temperature: 30 })));
      expect(new Set(varied.map(({ sequences }) => sequences.join(';'))).size).toBeGreaterThan(1);
      expect(new Set(drawn.sequences.map((row) => row.join())).size).toBe(3);
      for (const [row, sequence] of drawn.sequences.entries()) {
        expect(drawn.scores?.[row]).toBeCloseTo((await sumOf(model, sequence.slice(2))) / 2, 4);
      }
      expect(drawn.scores).toEqual([...(drawn.scores ?? [])].sort((a, b) => b - a));
      const cold = await draw(1, { temperature: 1e-4, returnedSequences: 1 });
      expect(cold.sequences).toEqual((await search(model, { beams: 3 })).sequences);
    }));

  it('draws all texts where there are as many beams', () =>
    withModel(async (model) => {
      const { sequences } = await search(model, { beams: 25, returnedSequences: 25, sample: true, topK: 0 });
      expect(new Set(sequences.map((row) => row.join())).size).toBe(25);
    }));

  it.each([true, false])('scores what is left after the rules, as probabilities of its own: %s', (renormalized) =>
    withModel(
      async (model) => {
        const options = { beams: 16, returnedSequences: 16, lengthPenalty: 0, forbiddenTokens: [2] };
        const { scores = [] } = await search(model, options);
        const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
        if (renormalized) expect(total).toBeCloseTo(1, 4);
        else expect(total).toBeLessThan(0.1);
      },
      { renormalize_logits: renormalized },
    ),
  );

  it('heeds the constraints', () =>
    withModel(async (model) => {
      const { sequences } = await search(model, { beams: 4, returnedSequences: 4, forbiddenTokens: [0, 2] });
      expect(sequences.flatMap((row) => row.slice(2)).filter((token) => token === 0 || token === 2)).toEqual([]);
      const longer = await search(model, { beams: 4, endTokens: [0, 1, 2, 3], minimumNewTokens: 2 });
      expect(longer.sequences[0]).toHaveLength(4);
    }));

  it('stops when asked to', () =>
    withModel(async (model) => {
      const steps = async (earlyStopping: boolean | 'never'): Promise<number> => {
        let longest = 0;
        const logitMask: BatchOptions['logitMask'] = (_, { written }) => {
          longest = Math.max(longest, written + 1);
        };
        await search(model, { maximumNewTokens: 8, beams: 2, endTokens: [0, 1, 3], logitMask, earlyStopping });
        return longest;
      };
      const [first, usual, last] = [await steps(true), await steps(false), await steps('never')];
      expect(first).toBeLessThanOrEqual(usual);
      expect(usual).toBeLessThanOrEqual(last);
      expect(first).toBeLessThan(8);
    }));
});

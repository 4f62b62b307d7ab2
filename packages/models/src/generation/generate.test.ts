// SPDX-License-Identifier: Apache-2.0
// Tests of writing with published models.

import { Generator } from '@nabla/core';
import { devices, useDevice } from '@nabla/testing';

import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { generate, generateTokens } from './generate.ts';
import type { GenerationOptions } from './options.ts';
import type { GenerationInputs } from './prompts.ts';
import { describeTinyGeneration } from './test-generation.ts';
import type { GeneratedToken } from './write-rows.ts';

describeTinyGeneration('gpt2', GPT2LMHeadModel);

const config = { vocab_size: 19, n_positions: 100, n_embd: 12, n_layer: 2, n_head: 3, initializer_range: 0.5 };

/** Lends a small model with weights large enough that its choices differ. */
async function withModel<T>(use: (model: GPT2LMHeadModel) => Promise<T>): Promise<T> {
  const model = new GPT2LMHeadModel(config, new Generator(3));
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

async function write(model: GPT2LMHeadModel, options: GenerationOptions): Promise<GeneratedToken[]> {
  const tokens: GeneratedToken[] = [];
  for await (const token of generateTokens(model, [5, 6, 7], options)) tokens.push(token);
  return tokens;
}

const ids = (tokens: readonly GeneratedToken[]): number[] => tokens.map(({ id }) => id);

describe.each(devices())('generateTokens on %s', (device) => {
  useDevice(device);

  it('writes what generate writes, says why it ends, and leaves the model in training', () =>
    withModel(async (model) => {
      const tokens = await write(model, { maximumNewTokens: 6 });
      const { sequences } = await generate(model, { inputIds: [[5, 6, 7]] }, { maximumNewTokens: 6 });
      expect([[5, 6, 7, ...ids(tokens)]]).toEqual(sequences);
      expect(tokens.map(({ finish }) => finish)).toEqual([...new Array<undefined>(5), 'length']);
      expect(model.training).toBe(true);
    }));

  it('leaves a part of the model that is in evaluation so, while the rest is in training', () =>
    withModel(async (model) => {
      const frozen = model.transformer.ln_f;
      frozen.eval();
      await write(model, { maximumNewTokens: 2 });
      expect([model.training, frozen.training]).toEqual([true, false]);
    }));

  it('takes in a long prompt in pieces, which changes nothing', () =>
    withModel(async (model) => {
      const prompt = Array.from({ length: 90 }, (_, i) => (i * 7) % 19);
      const inputs = { inputIds: [prompt, prompt.slice(60)] };
      const options = { maximumNewTokens: 8, logProbabilities: true };
      const whole = await generate(model, inputs, { ...options, cache: false });
      const pieces = await generate(model, inputs, { ...options, tokensPerPass: 16 });
      expect(pieces.sequences).toEqual(whole.sequences);
      const close = whole.logProbabilities?.map((row) => row.map((value): unknown => expect.closeTo(value, 4)));
      expect(pieces.logProbabilities).toEqual(close);
    }));

  it('leaves nothing behind when the consumer stops, a mask throws, or a signal aborts', () =>
    withModel(async (model) => {
      for await (const token of generateTokens(model, [1, 2])) if (token.id >= 0) break;
      const broken = new Error('a mask that throws');
      const logitMask = (_: Float32Array, { written }: { written: number }): void => {
        if (written === 2) throw broken;
      };
      await expect(write(model, { logitMask })).rejects.toBe(broken);
      await expect(generate(model, { inputIds: [[1], [2]] }, { logitMask, beams: 2 })).rejects.toBe(broken);
      const controller = new AbortController();
      const found: number[] = [];
      const writing = async (): Promise<void> => {
        for await (const { id } of generateTokens(model, [1, 2], { signal: controller.signal })) {
          found.push(id);
          if (found.length === 3) controller.abort();
        }
      };
      await expect(writing()).rejects.toThrow(/abort/i);
      expect(found).toHaveLength(3);
      await expect(write(model, { signal: controller.signal })).rejects.toThrow(/abort/i);
    }));
});

describe('the options of writing', () => {
  useDevice('js');

  it('draw the same for the same generator', () =>
    withModel(async (model) => {
      const draw = async (seed: number): Promise<number[]> =>
        ids(await write(model, { generator: new Generator(seed), maximumNewTokens: 12 }));
      expect(await draw(1)).toEqual(await draw(1));
      expect(await draw(2)).not.toEqual(await draw(1));
      const greedy = ids(await write(model, { maximumNewTokens: 12 }));
      expect(ids(await write(model, { topK: 1, maximumNewTokens: 12 }))).toEqual(greedy);
      expect(ids(await write(model, { temperature: 0, topK: 9, maximumNewTokens: 12 }))).toEqual(greedy);
      expect(await draw(1)).not.toEqual(greedy);
    }));

  it('tell log-probabilities of the model, whatever the rules are', () =>
    withModel(async (model) => {
      const [first] = await write(model, { logProbabilities: true, maximumNewTokens: 1 });
      const [other] = await write(model, {
        logProbabilities: true,
        maximumNewTokens: 1,
        forbiddenTokens: [first?.id ?? 0],
      });
      expect(first?.logProbability).toBeLessThan(0);
      expect(other?.logProbability).toBeLessThan(first?.logProbability ?? -Infinity);
      const every = await Promise.all(
        Array.from({ length: 19 }, async (_, token) => {
          return write(model, { logProbabilities: true, maximumNewTokens: 1, allowedTokens: [token] });
        }),
      );
      const total = every.reduce((sum, [token]) => sum + Math.exp(token?.logProbability ?? NaN), 0);
      expect(total).toBeCloseTo(1, 5);
    }));

  it('tell the likeliest tokens of the model, whatever the rules are', () =>
    withModel(async (model) => {
      const options = { maximumNewTokens: 3, logProbabilities: true };
      const free = await write(model, options);
      const told = await write(model, { ...options, likeliestTokens: 2, presencePenalty: 0 });
      for (const [i, { id, logProbability, likeliest = [] }] of told.entries()) {
        expect({ id, logProbability }).toEqual({ id: free[i]?.id, logProbability: free[i]?.logProbability });
        expect(likeliest).toHaveLength(2);
        expect(likeliest[0]).toEqual({ id, logProbability });
        expect(likeliest[1]?.logProbability).toBeLessThan(logProbability ?? NaN);
      }
      const [first] = told;
      const [other] = await write(model, {
        likeliestTokens: 2,
        maximumNewTokens: 1,
        sequenceBias: [[[first?.id ?? 0], -100]],
      });
      expect(other?.id).toBe(first?.likeliest?.[1]?.id);
      expect(other?.likeliest).toEqual(first?.likeliest);
      expect(free.every(({ likeliest }) => likeliest === undefined)).toBe(true);
    }));

  it('end at end tokens and stop strings, and fill up rows that ended', () =>
    withModel(async (model) => {
      const free = ids(await write(model, { maximumNewTokens: 8 }));
      const [, , third = 0] = free;
      const first = free.indexOf(third);
      const ended = await write(model, { maximumNewTokens: 8, endTokens: [18 - third, third] });
      expect(ended.at(-1)?.finish).toBe('end');
      expect(free.slice(0, ended.length)).toEqual(ids(ended));
      expect(ended.length).toBeLessThanOrEqual(first + 1);
      const decode = (tokens: readonly number[]): string => tokens.map((token) => `<${token}>`).join('');
      const stopped = await write(model, { maximumNewTokens: 8, decode, stopStrings: ['<99>', `${third}>`] });
      expect([stopped.length, stopped.at(-1)?.finish]).toEqual([first + 1, 'stop']);
      const longer = await write(model, { maximumNewTokens: 8, endTokens: third, minimumNewTokens: 8 });
      expect([longer.length, ids(longer).includes(third)]).toEqual([8, false]);
      const { sequences } = await generate(
        model,
        { inputIds: [[5, 6, 7], [2]] },
        { maximumNewTokens: 8, endTokens: third, padToken: 17 },
      );
      expect(sequences[0]?.slice(3)).toEqual([
        ...free.slice(0, first + 1),
        ...new Array<number>((sequences[0]?.length ?? 0) - 4 - first).fill(17),
      ]);
    }));

  it('write several texts for a prompt, which is read once', () =>
    withModel(async (model) => {
      const sizes: number[] = [];
      const { byLayer } = model;
      model.byLayer = (tokens, inputs) => {
        sizes.push(tokens.size);
        return byLayer.call(model, tokens, inputs);
      };
      const { sequences } = await generate(
        model,
        { inputIds: [[1, 2], [3]] },
        { generator: new Generator(1), temperature: 30, returnedSequences: 3, maximumNewTokens: 8 },
      );
      expect(sequences.map((row) => row.slice(0, 2))).toEqual([
        [1, 2],
        [1, 2],
        [1, 2],
        [0, 3],
        [0, 3],
        [0, 3],
      ]);
      expect(new Set(sequences.map((row) => row.join())).size).toBe(6);
      expect(sizes).toEqual([4, ...new Array<number>(7).fill(6)]);
    }));

  it.each<[string, GenerationOptions | object, number[], string, RegExp]>([
    ['an unknown name', { topk: 3 }, [1], 'OPTION', /Did you mean "topK"/],
    ['a number out of range', { topP: 2 }, [1], 'ARGUMENT', /topP to be a number >= 0 and <= 1, received 2/],
    ['no new tokens', { maximumNewTokens: 0 }, [1], 'ARGUMENT', /maximumNewTokens/],
    ['no prompt', {}, [], 'PROMPT', /a prompt to have at least one token/],
    ['an id beyond the vocabulary', {}, [19], 'TOKEN', /inputIds to be tokens of the vocabulary, 0 to 18, received 19/],
    ['an end beyond it', { endTokens: [4, 50] }, [1], 'TOKEN', /endTokens/],
    ['more than the context', { maximumNewTokens: 100 }, [1], 'CONTEXT', /context of 100 tokens, received 1 and 100/],
    ['stop strings without text', { stopStrings: ['x'] }, [1], 'ARGUMENT', /decode to be a function/],
    ['nothing to choose from', { allowedTokens: [] }, [1], 'GENERATE', /Every token is forbidden/],
    ['a bias of no token', { sequenceBias: [[[19], 1]] }, [1], 'TOKEN', /sequenceBias to be tokens/],
    ['a penalty that is no number', { presencePenalty: NaN }, [1], 'ARGUMENT', /presencePenalty/],
    [
      'more beams than there can be memory for',
      { beams: 1e9 },
      [1],
      'ARGUMENT',
      /beams to be an integer >= 1 and <= 1024/,
    ],
    ['more texts than that', { returnedSequences: 1e9, sample: true }, [1], 'ARGUMENT', /returnedSequences .* <= 1024/],
    ['an empty stop string', { stopStrings: [''] }, [1], 'ARGUMENT', /stopStrings to be texts that are not empty/],
    ['an end that is no list', { endTokens: 'x' }, [1], 'TOKEN', /endTokens to be a list of tokens, received "x"/],
    ['a bias that is no pair', { sequenceBias: [{ tokens: [1] }] }, [1], 'ARGUMENT', /sequenceBias to be pairs/],
    ['more texts than beams', { beams: 2, returnedSequences: 3 }, [1], 'ARGUMENT', /returnedSequences/],
  ])('refuse %s', (_, options, prompt, code, message) =>
    withModel(async (model) => {
      const failure = await generate(model, { inputIds: [prompt] }, options).catch((error: unknown) => error);
      expect(() => {
        throw failure;
      }).toThrowCode(code, message);
    }),
  );

  it.each<[unknown, string, RegExp]>([
    [null, 'PROMPT', /inputIds to be a list of prompts, received null/],
    ['abc', 'PROMPT', /received "abc"/],
    [['x'], 'TOKEN', /inputIds to be a list of tokens, received "x"/],
  ])('refuse the prompts %j', (inputIds, code, message) =>
    withModel(async (model) => {
      const inputs: object = { inputIds };
      await expect(generate(model, inputs as GenerationInputs)).rejects.toThrowCode(code, message);
    }),
  );

  it('refuse masks that do not fit', () =>
    withModel(async (model) => {
      const inputIds = [[1, 2, 3]];
      const attempts = [[[1, 1]], [[1, 1, 0]], [[1, 2, 1]], [[0, 0, 0]]].map((attentionMask) =>
        generate(model, { inputIds, attentionMask }).catch((error: Error) => error.message),
      );
      expect(await Promise.all(attempts)).toEqual([
        expect.stringMatching(/rows as long as those of inputIds, \[3\], received \[2\]/),
        expect.stringMatching(/padding on the left/),
        expect.stringMatching(/1 for tokens and 0 for padding, received 2/),
        expect.stringMatching(/at least one token/),
      ]);
    }));
});

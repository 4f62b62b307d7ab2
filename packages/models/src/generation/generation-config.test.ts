// SPDX-License-Identifier: Apache-2.0
// Tests of what generation_config.json says.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type GenerationConfig, readGenerationConfig } from './generation-config.ts';
import { type BatchOptions, resolveBatchOptions } from './options.ts';

const task = { vocabulary: 100, context: 50, begun: 4 };

/** What a folder with these files says. */
async function configOf(files: Record<string, unknown>): Promise<GenerationConfig> {
  const folder = mkdtempSync(join(tmpdir(), 'nabla-generation-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    return await readGenerationConfig(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function settings(config: object, options: BatchOptions = {}): ReturnType<typeof resolveBatchOptions> {
  return resolveBatchOptions(options, config as GenerationConfig, task);
}

describe('readGenerationConfig', () => {
  it('reads generation_config.json, and config.json where there is none', async () => {
    const older = { model_type: 'gpt2', eos_token_id: 3, max_length: 9 };
    const own = { eos_token_id: [1, 2], top_k: 7, not_known_here: {} };
    expect(await configOf({ 'config.json': older })).toEqual(older);
    expect(await configOf({ 'config.json': older, 'generation_config.json': own })).toEqual(own);
  });

  it.each([
    ['top_p', 1.5],
    ['eos_token_id', 'end'],
    ['temperature', '1'],
    ['max_new_tokens', -1],
    ['typical_p', 0],
    ['sequence_bias', 5],
    ['num_beams', 1e9],
    ['num_return_sequences', 1e9],
  ])('refuses %s: %j', async (field, value) => {
    await expect(configOf({ 'generation_config.json': { [field]: value } })).rejects.toMatchObject({
      code: 'PRETRAINED',
      message: expect.stringMatching(new RegExp(`"${field}" of ".*generation_config.json"`)) as string,
    });
  });
});

it.each([
  ['num_beam_groups', 4, /to be 1 or left out, since there is no search in groups of beams, received 4/],
  ['penalty_alpha', 0.6, /to be 0 or left out, since there is no contrastive search/],
  ['force_words_ids', [[3]], /to be left out, since there is no constrained search/],
  ['watermarking_config', { bias: 2 }, /to be left out, since there is no watermark/],
  ['guidance_scale', 1.5, /to be 1 or left out/],
  ['max_time', 3, /an AbortSignal stops writing/],
])('%s: %j is refused by name, since the texts would be others', async (field, value, message) => {
  const failure = expect.objectContaining({ code: 'PRETRAINED' }) as Error;
  const reading = configOf({ 'generation_config.json': { [field]: value } });
  await expect(reading).rejects.toThrow(message);
  await expect(reading).rejects.toEqual(failure);
  await expect(reading).rejects.toThrow(new RegExp(`"${field}" of ".*generation_config.json"`));
});

it('what asks for nothing, or for speed alone, is read', async () => {
  const fields = {
    ...{ num_beam_groups: 1, diversity_penalty: 0, penalty_alpha: null, constraints: null, guidance_scale: null },
    ...{ token_healing: false, max_time: null, output_scores: false, return_dict_in_generate: true },
    ...{ prompt_lookup_num_tokens: 3, cache_implementation: 'static', transformers_version: '4.57.0' },
  };
  expect(await configOf({ 'generation_config.json': fields })).toEqual(fields);
});

describe('what options and configuration come to', () => {
  it("transformers' defaults where nothing is said", () => {
    expect(settings({})).toMatchObject({
      ...{ maximumNewTokens: 20, minimumNewTokens: 0, sample: false, temperature: 1, topK: 50, topP: 1, minP: 0 },
      ...{ repetitionPenalty: 1, endTokens: [], padToken: 0, beams: 1, returnedSequences: 1, lengthPenalty: 1 },
      ...{ earlyStopping: false, badWords: [], forbiddenTokens: [], cache: true },
    });
  });

  it('those of the configuration, which options override', () => {
    const config = { do_sample: true, temperature: 0.6, top_p: 0.9, top_k: 0, eos_token_id: [7, 8], max_new_tokens: 5 };
    const said = { sample: true, temperature: 0.6, topP: 0.9, topK: 0, endTokens: [7, 8], padToken: 7 };
    expect(settings(config)).toMatchObject({ ...said, maximumNewTokens: 5 });
    expect(settings(config, { sample: false, endTokens: [], maximumNewTokens: 6 })).toMatchObject({
      ...{ sample: false, endTokens: [], padToken: 0, maximumNewTokens: 6 },
    });
    expect(settings(config, { temperature: 0 }).sample).toBe(false);
    expect(settings({}, { topP: 0.5 }).sample).toBe(true);
  });

  it('lengths that count the prompt become those of what is new, within the context', () => {
    const lengths = (config: object): number[] => {
      const { minimumNewTokens, maximumNewTokens } = settings(config);
      return [minimumNewTokens, maximumNewTokens];
    };
    expect(lengths({ max_length: 14, min_length: 6 })).toEqual([2, 10]);
    expect(lengths({ max_length: 14, max_new_tokens: 3 })).toEqual([0, 3]);
    expect(lengths({ max_length: 1000, min_length: 1000 })).toEqual([46, 46]);
    expect(lengths({ max_length: 4 })).toEqual([0, 20]);
  });

  it.each(['max_length', 'max_new_tokens', 'min_new_tokens'])(
    'no file makes a model without a context write for ever: %s',
    (field) => {
      const limitless = { ...task, context: Infinity, begun: 1 };
      const config = { max_new_tokens: null, [field]: 1e15 } as object as GenerationConfig;
      const { minimumNewTokens, maximumNewTokens } = resolveBatchOptions({}, config, limitless);
      expect(Math.max(minimumNewTokens, maximumNewTokens)).toBeLessThanOrEqual(32768);
      expect(resolveBatchOptions({ maximumNewTokens: 1e5 }, config, limitless).maximumNewTokens).toBe(1e5);
    },
  );

  it('forces and forbids as configurations of translators and summarisers do', () => {
    const config = { forced_bos_token_id: 5, forced_eos_token_id: 2, bad_words_ids: [[9]], suppress_tokens: [1, -1] };
    expect(settings(config)).toMatchObject({ forcedFirst: undefined, forcedLast: [2], badWords: [[9]] });
    expect(settings(config).forbiddenTokens).toEqual([1, -1]);
    expect(resolveBatchOptions({}, config as object as GenerationConfig, { ...task, begun: 1 }).forcedFirst).toBe(5);
    expect(settings(config, { firstToken: 7 }).forcedFirst).toBe(7);
    expect(() => settings(config, { firstToken: 100 })).toThrow(/firstToken to be tokens of the vocabulary, 0 to 99/);
  });

  it('all rules that a configuration may name', () => {
    const config = {
      ...{ typical_p: 0.9, epsilon_cutoff: 3e-4, eta_cutoff: 6e-4, sequence_bias: [[[4, 5], -2]], use_cache: false },
      ...{ encoder_repetition_penalty: 1.2, encoder_no_repeat_ngram_size: 3, renormalize_logits: true },
      ...{ exponential_decay_length_penalty: [5, 1.1], remove_invalid_values: true, stop_strings: 'END' },
    };
    const decode = (): string => '';
    expect(settings(config, { decode })).toMatchObject({
      ...{ typicalP: 0.9, epsilonCutoff: 3e-4, etaCutoff: 6e-4, sequenceBias: [[[4, 5], -2]], cache: false },
      ...{ encoderRepetitionPenalty: 1.2, encoderNoRepeatNgramSize: 3, renormalize: true },
      ...{ endGrowth: { from: 5, factor: 1.1 }, repairLogits: true, stopStrings: ['END'] },
    });
    expect(settings(config, { decode, stopStrings: [], cache: true, typicalP: 1 })).toMatchObject({
      ...{ stopStrings: [], cache: true, typicalP: 1 },
    });
    expect(() => settings(config)).toThrow(/decode to be a function/);
  });

  it('beams, which are drawn where the configuration or an option draws', () => {
    const config = {
      num_beams: 4,
      length_penalty: 2,
      early_stopping: 'never',
      num_return_sequences: 2,
      eos_token_id: [7, 8],
    };
    const said = { beams: 4, lengthPenalty: 2, earlyStopping: 'never', returnedSequences: 2 };
    expect(settings(config)).toMatchObject({ ...said, sample: false, leastKept: 3 });
    expect(settings({ ...config, do_sample: true })).toMatchObject({ ...said, sample: true });
    expect(settings(config, { topP: 0.9 }).sample).toBe(true);
    expect(settings({ eos_token_id: [7, 8] }).leastKept).toBe(1);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Writing with a published model: token by token as they come, or a batch of texts at once.

import { searchBeams } from './beam-search.ts';
import type { GenerativeModel } from './decoding.ts';
import { generationDefaults } from './generation-config.ts';
import {
  type BatchOptions,
  type BeamSettings,
  type GenerationOptions,
  checkBatchOptionNames,
  checkOptionNames,
  resolveBatchOptions,
  resolveOptions,
} from './options.ts';
import { type Beginning, type GenerationInputs, beginningOf, taskOf } from './prompts.ts';
import { type GeneratedToken, writeRows } from './write-rows.ts';

/**
 * Writes on after a prompt, token by token; an encoder-decoder answers it. The prompt is computed once, then each token alone, and the
 * event loop goes on between two of them. Who stops early (`break`, an error, an abort) leaves nothing behind.
 *
 * @param prompt token ids
 * @throws {ArgumentError} an option or the prompt is not what it must be (codes `OPTION`, `ARGUMENT`, `TOKEN`, `PROMPT`), does not fit
 *   the context (code `CONTEXT`), or no token may be written (code `GENERATE`)
 * @example
 * const model = new GPT2LMHeadModel({ vocab_size: 9, n_positions: 8, n_embd: 4, n_layer: 1, n_head: 2 }, new Generator(1));
 * const ids = [];
 * for await (const { id } of generateTokens(model, [1, 2, 3], { maximumNewTokens: 4 })) ids.push(id);
 * ids.length; // 4
 */
export async function* generateTokens(
  model: GenerativeModel,
  prompt: readonly number[],
  options: GenerationOptions = {},
): AsyncGenerator<GeneratedToken, undefined> {
  checkOptionNames(options);
  const config = await generationDefaults(model);
  const beginning = beginningOf(model, { inputIds: [prompt] }, config);
  const settings = resolveOptions(options, config, taskOf(model, beginning));
  for await (const [token] of writeRows(model, beginning, settings)) if (token !== undefined) yield token;
}

/** What was written for a batch. */
export interface Generated {
  /**
   * `[rows, time]`: the prompts (of an encoder-decoder the start token) and what was written; rows that ended earlier are filled up
   * with the pad token. The texts of a prompt follow each other.
   */
  readonly sequences: number[][];
  /** With beams: the score of each row, the sum of its log-probabilities divided by length^lengthPenalty. */
  readonly scores?: number[];
  /** The logarithm of the probability of each new token, as long as the row's text is; where asked for. */
  readonly logProbabilities?: number[][];
}

/**
 * Writes texts for a batch of prompts, drawn, likeliest token by token, or searched with beams; with transformers' meaning of all options.
 *
 * @throws {ArgumentError} as {@link generateTokens}
 * @example
 * const model = new GPT2LMHeadModel({ vocab_size: 9, n_positions: 8, n_embd: 4, n_layer: 1, n_head: 2 }, new Generator(1));
 * const { sequences } = await generate(model, { inputIds: [[1, 2, 3], [4]] }, { maximumNewTokens: 4 });
 * sequences.map((row) => row.length); // [7, 7]
 */
export async function generate(
  model: GenerativeModel,
  inputs: GenerationInputs,
  options: BatchOptions = {},
): Promise<Generated> {
  checkBatchOptionNames(options);
  const config = await generationDefaults(model);
  const beginning = beginningOf(model, inputs, config);
  const settings = resolveBatchOptions(options, config, taskOf(model, beginning));
  const write = settings.beams > 1 ? writeBeams : writeEach;
  const { logProbabilities, ...written } = await write(model, beginning, settings);
  return { ...written, ...(settings.logProbabilities && { logProbabilities }) };
}

type Written = Required<Omit<Generated, 'scores'>> & Pick<Generated, 'scores'>;

async function writeEach(model: GenerativeModel, beginning: Beginning, settings: BeamSettings): Promise<Written> {
  const { returnedSequences: copies } = settings;
  const sequences = beginning.rows.flatMap((row) => Array.from({ length: copies }, () => [...row]));
  const logProbabilities: number[][] = sequences.map(() => []);
  for await (const step of writeRows(model, beginning, settings, copies)) {
    step.forEach((token, row) => {
      sequences[row]?.push(token?.id ?? settings.padToken);
      if (token?.logProbability !== undefined) logProbabilities[row]?.push(token.logProbability);
    });
  }
  return { sequences, logProbabilities };
}

async function writeBeams(model: GenerativeModel, beginning: Beginning, settings: BeamSettings): Promise<Written> {
  const searched = await searchBeams(model, beginning, settings);
  const found = searched.flatMap((hypotheses, row) =>
    hypotheses.slice(0, settings.returnedSequences).map((hypothesis) => ({ ...hypothesis, row })),
  );
  const time = Math.max(...found.map(({ tokens }) => tokens.length));
  return {
    sequences: found.map(({ tokens, row }) => {
      const padding = new Array<number>(time - tokens.length).fill(settings.padToken);
      return [...(beginning.rows[row] ?? []), ...tokens, ...padding];
    }),
    scores: found.map(({ score }) => score),
    logProbabilities: found.map((hypothesis) => [...hypothesis.logProbabilities]),
  };
}

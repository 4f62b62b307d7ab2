// SPDX-License-Identifier: Apache-2.0
// Writing token by token: for each row of a batch the next token is chosen, taken in, and so on until all rows have ended.

import { setImmediate as nextTick } from 'node:timers/promises';

import type { GenerativeModel } from './decoding.ts';
import { constrain, warp } from './logit-rules.ts';
import type { GenerationSettings } from './options.ts';
import { type Beginning, type Prompt, promptOf, startDecoding } from './prompts.ts';
import { drawToken, largestTokens, likeliestToken, logSumOfExponentials } from './sampling.ts';

/** Why a text ended: an end token, a stop string, or its length. */
export type FinishReason = 'end' | 'stop' | 'length';

/** A token that could be written. */
export interface TokenProbability {
  readonly id: number;
  /** Logarithm of its probability, as the model has it before all rules. */
  readonly logProbability: number;
}

/** A token that was written. */
export interface GeneratedToken {
  readonly id: number;
  /** Logarithm of its probability, where asked for. */
  readonly logProbability?: number;
  /** The likeliest tokens in its place, likeliest first, where asked for. */
  readonly likeliest?: readonly TokenProbability[];
  /** Why the text ends with it; undefined while it goes on. */
  readonly finish?: FinishReason;
}

/** What one step wrote: a token for each row, undefined for rows that had ended before. */
export type WrittenStep = readonly (GeneratedToken | undefined)[];

/**
 * Writes all rows of a batch, or `copies` texts for each of them, one after the other: the prompts are read once. Between two steps the
 * event loop goes on. Everything is freed however it ends: by the last token, by a consumer that stops early, or by an error.
 */
export async function* writeRows(
  model: GenerativeModel,
  beginning: Beginning,
  settings: GenerationSettings,
  copies = 1,
): AsyncGenerator<WrittenStep, undefined> {
  const { signal } = settings;
  signal?.throwIfAborted();
  const decoding = await startDecoding(model, beginning, settings);
  try {
    const read = await decoding.begin(beginning.rows, beginning.mask);
    const rows = beginning.rows.flatMap((_, row) => new Array<number>(copies).fill(row)); // of which each text goes on
    if (copies > 1) await decoding.reorder(rows);
    const written: number[][] = rows.map(() => []);
    const ended = rows.map(() => false);
    let logits = rows.flatMap((row) => read.slice(row, row + 1));
    for (;;) {
      const step = logits.map((row, i) => {
        const text = written[i] ?? [];
        return ended[i] === true
          ? undefined
          : choose(row, settings, { ...promptOf(beginning, rows[i] ?? 0), row: i }, text);
      });
      step.forEach((token, i) => {
        if (token !== undefined) ended[i] = token.finish !== undefined;
      });
      yield step;
      if (ended.every(Boolean)) return;
      await nextTick();
      signal?.throwIfAborted();
      logits = await decoding.next(step.map((token) => [token?.id ?? settings.padToken]));
      await nextTick(); // choosing among many tokens takes a while
      signal?.throwIfAborted();
    }
  } finally {
    decoding.dispose();
  }
}

/** Chooses the next token of a row and adds it to what was written. */
function choose(
  logits: Float32Array,
  settings: GenerationSettings,
  { text, source, row }: Prompt,
  written: number[],
): GeneratedToken {
  const context = { tokens: [...text, ...written], source, written: written.length, row };
  const changed = constrain(logits, settings, context);
  const id = settings.sample ? drawToken(warp(changed, settings), settings.generator) : likeliestToken(changed);
  written.push(id);
  const finish = finishOf(written, settings);
  return {
    id,
    ...probabilitiesOf(logits, id, settings),
    ...(finish !== undefined && { finish }),
  };
}

/** What is told of probabilities, where asked for. */
function probabilitiesOf(
  logits: Float32Array,
  chosen: number,
  { logProbabilities, likeliestTokens }: GenerationSettings,
): Pick<GeneratedToken, 'logProbability' | 'likeliest'> {
  if (!logProbabilities && likeliestTokens === 0) return {};
  const total = logSumOfExponentials(logits);
  const logProbability = (id: number): number => (logits[id] ?? NaN) - total;
  const likeliest = (): TokenProbability[] =>
    largestTokens(logits, likeliestTokens).map((id) => ({ id, logProbability: logProbability(id) }));
  return {
    ...(logProbabilities && { logProbability: logProbability(chosen) }),
    ...(likeliestTokens > 0 && { likeliest: likeliest() }),
  };
}

/** Why a text ends with the last of the tokens that were written; undefined where it goes on. */
export function finishOf(written: readonly number[], settings: GenerationSettings): FinishReason | undefined {
  const { endTokens, stopStrings, decode, maximumNewTokens } = settings;
  if (endTokens.includes(written.at(-1) ?? -1)) return 'end';
  if (stopStrings.length > 0) {
    const text = decode(written);
    if (stopStrings.some((stop) => text.includes(stop))) return 'stop';
  }
  return written.length >= maximumNewTokens ? 'length' : undefined;
}

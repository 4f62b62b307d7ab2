// SPDX-License-Identifier: Apache-2.0
// Texts that are written for requests of any kind: what is ordered, and the pieces as they come.

import { randomInt } from 'node:crypto';

import { Generator } from '@nabla/core';
import type { SequenceBias, TextOptions } from '@nabla/models';

import { ServeError } from './errors.ts';
import type { SamplingRequest } from './schemas.ts';
import type { Prompt, Writer, WrittenPiece } from './writer.ts';

/** Texts to write. */
export interface Order {
  readonly writer: Writer;
  readonly prompts: readonly Prompt[];
  /** Texts for each prompt. */
  readonly count: number;
  /** Tokens to add, at most; undefined: as far as the context reaches. */
  readonly tokens: number | undefined;
  readonly options: TextOptions;
  readonly seed: number;
}

/** How many tokens were read and written. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  /** Of the prompts, what had been read for the request before. */
  prompt_tokens_details: { cached_tokens: number };
}

/** A piece of one of the texts that were ordered. */
export interface OrderedPiece extends WrittenPiece {
  /** Which text, from 0. */
  readonly index: number;
}

/** A text that is done. */
export interface Choice {
  readonly index: number;
  text: string;
  finish: 'stop' | 'length';
  readonly pieces: OrderedPiece[];
}

/** What kinds of requests say differently. */
interface OrderDetails {
  readonly tokens: number | undefined;
  readonly logProbabilities: boolean;
  /** Likeliest tokens that are told in each place. */
  readonly likeliest: number;
}

/** What a request orders; what it leaves open is as in OpenAI's interface. */
export function orderOf(
  writer: Writer,
  prompts: readonly Prompt[],
  request: SamplingRequest,
  { tokens, logProbabilities, likeliest }: OrderDetails,
): Order {
  const { temperature, top_p, top_k, min_p, repetition_penalty, seed, n, stop } = request;
  return {
    writer,
    prompts,
    count: n ?? 1,
    tokens,
    seed: seed == null ? randomInt(2 ** 47) : seed >= 0 ? seed : seed + Number.MAX_SAFE_INTEGER,
    options: {
      temperature: temperature ?? 1,
      sample: true,
      topP: top_p ?? 1,
      topK: top_k ?? 0,
      minP: min_p ?? 0,
      ...(repetition_penalty != null && { repetitionPenalty: repetition_penalty }),
      stopStrings: [stop ?? []].flat().filter((text) => text !== ''),
      logProbabilities,
      likeliestTokens: likeliest,
      presencePenalty: request.presence_penalty ?? 0,
      frequencyPenalty: request.frequency_penalty ?? 0,
      sequenceBias: biasesOf(request.logit_bias ?? {}, writer),
    },
  };
}

/** @throws {ServeError} there is no such token */
function biasesOf(bias: NonNullable<SamplingRequest['logit_bias']>, { vocabulary }: Writer): SequenceBias[] {
  const entries = Object.entries(bias).map(([key, value]) => [Number(key), value] as const);
  const wrong = entries.find(([id]) => !(Number.isInteger(id) && id >= 0 && id < vocabulary));
  if (wrong === undefined) return entries.map(([id, value]) => [[id], value]);
  throw new ServeError(400, 'invalid_token', `"logit_bias" names a token that there is not.`, 'logit_bias');
}

/** Writes all texts of an order, one after the other; counts the tokens. */
export async function* writeOrder(
  { writer, prompts, count, tokens, options, seed }: Order,
  usage: Usage,
  signal: AbortSignal,
): AsyncGenerator<OrderedPiece, undefined> {
  const generator = new Generator(seed);
  for (const [row, prompt] of prompts.entries()) {
    usage.prompt_tokens += prompt.ids.length;
    usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
    const maximumNewTokens = tokens ?? writer.room(prompt);
    for (let copy = 0; copy < count; copy++) {
      const index = row * count + copy;
      if (tokens === 0) {
        yield { index, text: '', finish: 'length' };
        continue;
      }
      for await (const piece of writer.write(prompt, { ...options, generator, signal, maximumNewTokens })) {
        usage.completion_tokens += 1;
        usage.total_tokens += 1;
        yield { ...piece, index };
      }
      if (copy === 0) usage.prompt_tokens_details.cached_tokens += writer.reused;
    }
  }
}

export function noUsage(): Usage {
  const details = { prompt_tokens_details: { cached_tokens: 0 } };
  return { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, ...details };
}

/** The texts of an order as a whole. */
export async function collect(order: Order, pieces: AsyncIterable<OrderedPiece>): Promise<Choice[]> {
  const choices = Array.from({ length: order.prompts.length * order.count }, (_, index): Choice => {
    return { index, text: '', finish: 'length', pieces: [] };
  });
  for await (const piece of pieces) {
    const choice = choices[piece.index];
    if (choice === undefined) continue;
    choice.text += piece.text;
    choice.finish = piece.finish ?? choice.finish;
    choice.pieces.push(piece);
  }
  return choices;
}

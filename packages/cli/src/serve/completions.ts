// SPDX-License-Identifier: Apache-2.0
// Texts that are written for requests: what they ask for, what it comes to, in OpenAI's words.

import { randomInt, randomUUID } from 'node:crypto';

import { Generator } from '@nabla/core';
import { type FinishReason, type GenerativeModel, type TextOptions, type TextPiece, writePieces } from '@nabla/models';

import { ServeError } from './errors.ts';
import type { ChatRequest, CompletionRequest } from './schemas.ts';
import { type ServedModel, writerOf } from './served-model.ts';

/** Tokens that are added where nobody says how many: OpenAI's default for completions. */
const COMPLETION_TOKENS = 16;

/** A text to write, as any request comes to it. */
export interface Order {
  readonly model: GenerativeModel;
  readonly prompts: readonly (readonly number[])[];
  /** Texts for each prompt. */
  readonly count: number;
  /** Tokens to add, at most; undefined as far as the context reaches. */
  readonly tokens: number | undefined;
  readonly options: TextOptions;
  readonly seed: number;
}

/** How many tokens were read and written. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** A piece of one of the texts that were ordered. */
export interface OrderedPiece {
  /** Which text, from 0. */
  readonly index: number;
  readonly piece: TextPiece;
}

/** What a request for a completion orders. */
export function completionOrder(served: ServedModel, request: CompletionRequest): Order {
  const model = writerOf(served);
  const { tokenizer } = served;
  const { prompt } = request;
  const encode = (one: string | number[]): readonly number[] =>
    typeof one === 'string' ? tokenizer.encode(one).ids : checkIds(one, model.vocabulary);
  const several = Array.isArray(prompt) && typeof prompt[0] !== 'number';
  const prompts = several ? (prompt as (string | number[])[]).map(encode) : [encode(prompt as string | number[])];
  return order(model, prompts, request, request.max_tokens ?? COMPLETION_TOKENS, request.logprobs != null);
}

/** What a request of a conversation orders. */
export function chatOrder(served: ServedModel, request: ChatRequest, prompt: readonly number[]): Order {
  const tokens = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  return order(writerOf(served), [prompt], request, tokens, request.logprobs === true);
}

function checkIds(ids: readonly number[], vocabulary: number): readonly number[] {
  const wrong = ids.find((id) => id >= vocabulary);
  if (wrong === undefined) return ids;
  throw new ServeError(400, 'invalid_token', `Token ${wrong} is not below ${vocabulary}.`, 'prompt');
}

type Sampling = Pick<
  CompletionRequest,
  'temperature' | 'top_p' | 'top_k' | 'min_p' | 'repetition_penalty' | 'seed' | 'n' | 'stop'
>;

function order(
  model: GenerativeModel,
  prompts: readonly (readonly number[])[],
  { temperature, top_p, top_k, min_p, repetition_penalty, seed, n, stop }: Sampling,
  tokens: number | undefined,
  logProbabilities: boolean,
): Order {
  return {
    model,
    prompts,
    count: n ?? 1,
    tokens,
    seed: seed ?? randomInt(2 ** 47),
    options: {
      temperature: temperature ?? 1,
      sample: true,
      topP: top_p ?? 1,
      topK: top_k ?? 0,
      minP: min_p ?? 0,
      ...(repetition_penalty != null && { repetitionPenalty: repetition_penalty }),
      stopStrings: [stop ?? []].flat().filter((text) => text !== ''),
      logProbabilities,
    },
  };
}

/** Writes all texts of an order, one after the other; counts the tokens. */
export async function* writeOrder(
  { tokenizer }: ServedModel,
  { model, prompts, count, tokens, options, seed }: Order,
  usage: Usage,
  signal: AbortSignal,
): AsyncGenerator<OrderedPiece, undefined> {
  const generator = new Generator(seed);
  for (const [row, prompt] of prompts.entries()) {
    usage.prompt_tokens += prompt.length;
    for (let copy = 0; copy < count; copy++) {
      if (tokens === 0) continue;
      const settings = { ...options, generator, signal, ...(tokens !== undefined && { maximumNewTokens: tokens }) };
      for await (const piece of writePieces(model, tokenizer, prompt, settings)) {
        usage.completion_tokens += 1;
        yield { index: row * count + copy, piece };
      }
    }
  }
  usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
}

export function noUsage(): Usage {
  return { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
}

/** OpenAI's word for why a text ended. */
export function finishReason(finish: FinishReason | undefined): 'stop' | 'length' | null {
  if (finish === undefined) return null;
  return finish === 'length' ? 'length' : 'stop';
}

/** What every answer of a request has in common. */
export function answerHead(served: ServedModel, object: string, prefix: string): AnswerHead {
  return { id: `${prefix}-${randomUUID()}`, object, created: Math.floor(Date.now() / 1000), model: served.name };
}

export interface AnswerHead {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
}

// SPDX-License-Identifier: Apache-2.0
// Completions: texts that go on after prompts, in OpenAI's words.

import { type View, answerHead } from './answers.ts';
import { ServeError } from './errors.ts';
import { type Order, type OrderedPiece, orderOf } from './orders.ts';
import type { CompletionRequest } from './schemas.ts';
import { type ServedModel, writerOf } from './served-model.ts';
import type { Writer } from './writer.ts';

/** Tokens that are added where nobody says how many: OpenAI's default for completions. */
const COMPLETION_TOKENS = 16;

/** Tokens with the logarithms of their probabilities. */
interface CompletionProbabilities {
  readonly tokens: string[];
  readonly token_logprobs: number[];
  readonly top_logprobs: Record<string, number>[] | null;
  /** Where each token begins, counted from the beginning of the prompt. */
  readonly text_offset: number[];
}

/** What a request for a completion orders. */
export function completionOrder(served: ServedModel, request: CompletionRequest): Order {
  refuseForeign(request);
  const writer = writerOf(served);
  const { prompt, logprobs } = request;
  const prompts = listOf(prompt).map((one) => writer.read(one));
  const room = Math.min(...prompts.map((one) => writer.room(one) ?? Infinity));
  return orderOf(writer, prompts, request, {
    tokens: request.max_tokens ?? Math.max(1, Math.min(COMPLETION_TOKENS, room)),
    logProbabilities: logprobs != null,
    likeliest: logprobs ?? 0,
  });
}

/** One prompt, or several: a list of numbers is one of tokens. */
function listOf(prompt: CompletionRequest['prompt']): readonly (string | readonly number[])[] {
  if (typeof prompt === 'string') return [prompt];
  const numbers = prompt.filter((one) => typeof one === 'number');
  return numbers.length > 0 ? [numbers] : prompt.filter((one) => typeof one !== 'number');
}

/** @throws {ServeError} what is asked for is not done here */
function refuseForeign({ best_of, n, suffix, echo, logprobs }: CompletionRequest): void {
  const refuse = (parameter: string, message: string): never => {
    throw new ServeError(400, 'unsupported_parameter', message, parameter);
  };
  if (best_of != null && best_of !== (n ?? 1)) {
    refuse('best_of', '"best_of" is not supported: all texts that are written are returned. Ask for n of them.');
  }
  if (suffix != null && suffix !== '') refuse('suffix', '"suffix" is not supported: texts go on to their end.');
  if (echo === true && logprobs != null) {
    refuse('logprobs', '"logprobs" with "echo" is not supported: they are told of new tokens only.');
  }
}

/** How completions look. */
export function completionView(served: ServedModel, request: CompletionRequest, order: Order): View {
  const promptOf = (index: number): string => order.prompts[Math.floor(index / order.count)]?.text ?? '';
  const begun = (index: number): string => (request.echo === true ? promptOf(index) : '');
  const offsets = new Map<number, number>();
  return {
    head: answerHead(served, 'text_completion', 'cmpl'),
    opening: (index) =>
      request.echo === true ? { index, text: promptOf(index), logprobs: null, finish_reason: null } : undefined,
    piece: (piece) => {
      const { index, text } = piece;
      const offset = offsets.get(index) ?? promptOf(index).length;
      const logprobs = probabilitiesOf(order.writer, [piece], offset);
      if (piece.id !== undefined && logprobs !== null)
        offsets.set(index, offset + order.writer.textOf(piece.id).length);
      return { index, text, logprobs, finish_reason: null };
    },
    closing: (index, finish) => ({ index, text: '', logprobs: null, finish_reason: finish }),
    whole: ({ index, text, finish, pieces }) => ({
      index,
      text: `${begun(index)}${text}`,
      logprobs: probabilitiesOf(order.writer, pieces, promptOf(index).length),
      finish_reason: finish,
    }),
  };
}

function probabilitiesOf(
  writer: Writer,
  pieces: readonly OrderedPiece[],
  start: number,
): CompletionProbabilities | null {
  const told = pieces.flatMap(({ id, logProbability, likeliest = [] }) =>
    id === undefined || logProbability === undefined ? [] : [{ id, logProbability, likeliest }],
  );
  if (told.length === 0) return null;
  const texts = told.map(({ id }) => writer.textOf(id));
  let offset = start;
  return {
    tokens: told.map(({ id }) => nameOf(writer, id)),
    token_logprobs: told.map(({ logProbability }) => logProbability),
    top_logprobs: told.every(({ likeliest }) => likeliest.length === 0)
      ? null
      : told.map(({ likeliest }) =>
          Object.fromEntries(likeliest.map(({ id, logProbability }) => [nameOf(writer, id), logProbability])),
        ),
    text_offset: texts.map((text) => {
      const place = offset;
      offset += text.length;
      return place;
    }),
  };
}

/** What a token is called: its text, or its id where it is a part of a character, which would look like any other such part. */
function nameOf(writer: Writer, id: number): string {
  const text = writer.textOf(id);
  return text.includes('\uFFFD') ? `token_id:${id}` : text;
}

// SPDX-License-Identifier: Apache-2.0
// Conversations: the answer to messages, in OpenAI's words.

import type { TokenProbability } from '@nabla/models';

import { type View, answerHead } from './answers.ts';
import { ServeError } from './errors.ts';
import { type Order, type OrderedPiece, orderOf } from './orders.ts';
import type { ChatRequest } from './schemas.ts';
import { type ServedModel, writerOf } from './served-model.ts';
import type { Prompt, Writer } from './writer.ts';

/** What a request of a conversation orders. */
export function chatOrder(served: ServedModel, request: ChatRequest): Order {
  refuseForeign(request);
  const writer = writerOf(served);
  return orderOf(writer, [promptOf(writer, request)], request, {
    tokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    logProbabilities: request.logprobs === true,
    likeliest: request.logprobs === true ? (request.top_logprobs ?? 0) : 0,
  });
}

/** The tokens of a conversation, up to where the model is to answer. */
function promptOf(writer: Writer, { messages }: ChatRequest): Prompt {
  return writer.readConversation(
    messages.map(({ role, content }) => ({
      role: role === 'developer' ? 'system' : role, // OpenAI's newer word, which templates do not know
      content: typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join(''),
    })),
  );
}

/** @throws {ServeError} what is asked for is not done here */
function refuseForeign(request: ChatRequest): void {
  const { tools, functions, response_format, modalities, logprobs, top_logprobs } = request;
  const refuse = (parameter: string, message: string): never => {
    throw new ServeError(400, 'unsupported_parameter', message, parameter);
  };
  if ((tools ?? []).length > 0) refuse('tools', '"tools" are not supported: the model answers with text.');
  if ((functions ?? []).length > 0) refuse('functions', '"functions" are not supported: the model answers with text.');
  if (response_format != null && response_format.type !== 'text') {
    refuse('response_format', `"response_format" of another type than "text" is not supported.`);
  }
  if (top_logprobs != null && logprobs !== true) refuse('top_logprobs', '"top_logprobs" goes with "logprobs": true.');
  if (modalities?.some((kind) => kind !== 'text') === true) refuse('modalities', 'The model answers with text only.');
}

/** How answers of a conversation look. */
export function chatView(served: ServedModel, request: ChatRequest, { writer }: Order): View {
  const object = request.stream === true ? 'chat.completion.chunk' : 'chat.completion';
  const delta = (index: number, changed: object, logprobs: object | null, finish: string | null): object => {
    return { index, delta: changed, logprobs, finish_reason: finish };
  };
  return {
    head: answerHead(served, object, 'chatcmpl'),
    opening: (index) => delta(index, { role: 'assistant', content: '', refusal: null }, null, null),
    piece: (piece) => delta(piece.index, { content: piece.text }, probabilitiesOf(writer, [piece]), null),
    closing: (index, finish) => delta(index, {}, null, finish),
    whole: ({ index, text, finish, pieces }) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null },
      logprobs: probabilitiesOf(writer, pieces),
      finish_reason: finish,
    }),
  };
}

function probabilitiesOf(writer: Writer, pieces: readonly OrderedPiece[]): object | null {
  const content = pieces.flatMap(({ id, logProbability, likeliest = [] }) => {
    if (id === undefined || logProbability === undefined) return [];
    const others = likeliest.map((other) => entryOf(writer, other));
    return [{ ...entryOf(writer, { id, logProbability }), top_logprobs: others }];
  });
  return content.length === 0 ? null : { content, refusal: null };
}

function entryOf(writer: Writer, { id, logProbability }: TokenProbability): object {
  const token = writer.textOf(id);
  const bytes = token.includes('\uFFFD') ? null : [...Buffer.from(token)]; // null: a part of a character
  return { token, logprob: logProbability, bytes };
}

// SPDX-License-Identifier: Apache-2.0
// A server that answers as OpenAI's does: completions, conversations, embeddings.

import { createHash, timingSafeEqual } from 'node:crypto';

import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

import { chatPrompt } from './chat.ts';
import {
  type Order,
  type OrderedPiece,
  answerHead,
  chatOrder,
  completionOrder,
  finishReason,
  noUsage,
  writeOrder,
} from './completions.ts';
import { embed } from './embeddings.ts';
import { ServeError, answerTo } from './errors.ts';
import { RequestQueue } from './queue.ts';
import { chatSchema, completionSchema, embeddingsSchema, readBody } from './schemas.ts';
import type { ServedModel } from './served-model.ts';

export interface ServerOptions {
  /** What requests must know, as `Authorization: Bearer …`; undefined: nothing. */
  readonly apiKey: string | undefined;
  /** Requests that may wait for their turn. */
  readonly waiting: number;
  /** Bytes of a body, at most. */
  readonly bodyBytes: number;
  /** Told what went wrong inside. */
  readonly log: (error: unknown) => void;
  /** Ends all requests. */
  readonly signal: AbortSignal;
}

/** The application; whoever listens hands it requests. */
export function makeServer(served: ServedModel, options: ServerOptions): Hono {
  const queue = new RequestQueue(options.waiting);
  const app = new Hono();
  app.onError((error, context) => refuse(context, error, options));
  app.notFound((context) =>
    refuse(context, new ServeError(404, 'unknown_url', `There is no ${context.req.path}.`), options),
  );
  app.use('/v1/*', async (context, next) => {
    checkKey(context.req.header('authorization'), options.apiKey);
    await next();
  });
  app.use(
    bodyLimit({
      maxSize: options.bodyBytes,
      onError: (context) => {
        const message = `The body is longer than ${options.bodyBytes} bytes.`;
        return refuse(context, new ServeError(413, 'body_too_large', message), options);
      },
    }),
  );
  app.get('/health', (context) => context.json({ status: 'ok' }));
  app.get('/v1/models', (context) =>
    context.json({ object: 'list', data: [{ id: served.name, object: 'model', owned_by: 'nabla' }] }),
  );

  app.post('/v1/completions', async (context) => {
    const request = readBody(completionSchema, await bodyOf(context));
    const order = completionOrder(served, request);
    const echo = request.echo === true ? order.prompts.map((ids) => served.tokenizer.decode(ids)) : [];
    const view: View = {
      head: answerHead(served, 'text_completion', 'cmpl'),
      chunk: (text, { index, piece }) => ({
        text,
        index,
        logprobs: logProbabilities(served, piece),
        finish_reason: finishReason(piece.finish),
      }),
      whole: ({ index, text, finish, probabilities }) => ({
        text: `${echo[Math.floor(index / order.count)] ?? ''}${text}`,
        index,
        logprobs: probabilities.length > 0 ? joinProbabilities(probabilities) : null,
        finish_reason: finish,
      }),
    };
    return answer(context, order, view, request.stream === true, request.stream_options?.include_usage === true);
  });

  app.post('/v1/chat/completions', async (context) => {
    const request = readBody(chatSchema, await bodyOf(context));
    const order = chatOrder(served, request, chatPrompt(served, request.messages));
    const streamed = request.stream === true;
    const begun = new Set<number>();
    const view: View = {
      head: answerHead(served, streamed ? 'chat.completion.chunk' : 'chat.completion', 'chatcmpl'),
      chunk: (text, { index, piece }) => {
        const role = begun.has(index) ? {} : { role: 'assistant' };
        begun.add(index);
        return { index, delta: { ...role, content: text }, logprobs: null, finish_reason: finishReason(piece.finish) };
      },
      whole: ({ index, text, finish }) => ({
        index,
        message: { role: 'assistant', content: text },
        logprobs: null,
        finish_reason: finish,
      }),
    };
    return answer(context, order, view, streamed, request.stream_options?.include_usage === true);
  });

  app.post('/v1/embeddings', async (context) => {
    const request = readBody(embeddingsSchema, await bodyOf(context));
    const signal = AbortSignal.any([context.req.raw.signal, options.signal]);
    const end = await queue.turn(signal);
    try {
      return context.json(await embed(served, request));
    } finally {
      end();
    }
  });

  /** Writes an order in its turn, piece by piece or as a whole. */
  async function answer(
    context: Context,
    order: Order,
    view: View,
    streamed: boolean,
    includeUsage: boolean,
  ): Promise<Response> {
    const stop = new AbortController();
    const signal = AbortSignal.any([context.req.raw.signal, options.signal, stop.signal]);
    const end = await queue.turn(signal);
    const usage = noUsage();
    if (!streamed) {
      try {
        const choices = await collect(served, order, writeOrder(served, order, usage, signal));
        return context.json({ ...view.head, choices: choices.map(view.whole), usage });
      } finally {
        end();
      }
    }
    const pieces = writeOrder(served, order, usage, signal);
    // The first piece before any answer: what is wrong with a prompt is said with the right status.
    const first = await pieces.next().catch((error: unknown) => {
      end();
      throw error;
    });
    return streamSSE(context, async (stream) => {
      stream.onAbort(() => stop.abort(new ServeError(499, 'client_closed', 'The client has gone.')));
      const send = (body: unknown): Promise<void> => stream.writeSSE({ data: JSON.stringify(body) });
      try {
        for (let next = first; next.done !== true; next = await pieces.next()) {
          const { text, finish } = next.value.piece;
          if (text !== '' || finish !== undefined)
            await send({ ...view.head, choices: [view.chunk(text, next.value)] });
        }
        if (includeUsage) await send({ ...view.head, choices: [], usage });
        await stream.writeSSE({ data: '[DONE]' });
      } catch (error) {
        if (!signal.aborted) options.log(error);
        if (!stream.aborted) await send(answerTo(error).body);
      } finally {
        await pieces.return(undefined);
        end();
      }
    });
  }
  return app;
}

/** How an answer looks, as a whole and in pieces. */
interface View {
  readonly head: object;
  readonly chunk: (text: string, piece: OrderedPiece) => object;
  readonly whole: (choice: Choice) => object;
}

/** A text that is done. */
interface Choice {
  readonly index: number;
  text: string;
  finish: 'stop' | 'length';
  readonly probabilities: Probabilities[];
}

/** Tokens with the logarithms of their probabilities, as completions have them. */
interface Probabilities {
  readonly tokens: string[];
  readonly token_logprobs: number[];
}

async function collect(served: ServedModel, order: Order, pieces: AsyncIterable<OrderedPiece>): Promise<Choice[]> {
  const count = order.prompts.length * order.count;
  const choices = Array.from({ length: count }, (_, index): Choice => {
    return { index, text: '', finish: 'length', probabilities: [] };
  });
  for await (const { index, piece } of pieces) {
    const choice = choices[index];
    if (choice === undefined) continue;
    choice.text += piece.text;
    choice.finish = finishReason(piece.finish) ?? choice.finish;
    const probabilities = logProbabilities(served, piece);
    if (probabilities !== null) choice.probabilities.push(probabilities);
  }
  return choices;
}

function logProbabilities({ tokenizer }: ServedModel, { token }: OrderedPiece['piece']): Probabilities | null {
  if (token.logProbability === undefined) return null;
  return { tokens: [tokenizer.decode([token.id])], token_logprobs: [token.logProbability] };
}

function joinProbabilities(all: readonly Probabilities[]): Probabilities {
  return {
    tokens: all.flatMap(({ tokens }) => tokens),
    token_logprobs: all.flatMap(({ token_logprobs: values }) => values),
  };
}

async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new ServeError(400, 'invalid_json', `The body is no JSON: ${error.message}.`);
    throw error;
  }
}

/** Compares hashes, in a time that says nothing about the key. */
function checkKey(authorization: string | undefined, apiKey: string | undefined): void {
  if (apiKey === undefined) return;
  const given = /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '';
  const [a, b] = [given, apiKey].map((text) => createHash('sha256').update(text).digest());
  if (a !== undefined && b !== undefined && timingSafeEqual(a, b)) return;
  throw new ServeError(401, 'invalid_api_key', 'The API key is missing or wrong: Authorization: Bearer KEY.');
}

function refuse(context: Context, error: unknown, { log }: ServerOptions): Response {
  const { status, body } = answerTo(error);
  if (status >= 500) log(error);
  return context.json(body, status as ContentfulStatusCode);
}

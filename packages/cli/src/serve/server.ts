// SPDX-License-Identifier: Apache-2.0
// A server that answers as OpenAI's does: completions, conversations, embeddings.

import { createHash, timingSafeEqual } from 'node:crypto';

import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

import { type View, streamed } from './answers.ts';
import { chatOrder, chatView } from './chat.ts';
import { completionOrder, completionView } from './completions.ts';
import { embed } from './embeddings.ts';
import { ServeError, answerTo } from './errors.ts';
import { type Order, type OrderedPiece, collect, noUsage, writeOrder } from './orders.ts';
import { RequestQueue } from './queue.ts';
import { type SamplingRequest, chatSchema, completionSchema, embeddingsSchema, readBody } from './schemas.ts';
import { type ServedModel, checkModel } from './served-model.ts';

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
  app.notFound((context) => {
    const { method, path } = context.req;
    return refuse(context, new ServeError(404, 'unknown_url', `There is no ${method} ${path}.`), options);
  });
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

  const { name, created } = served;
  const model = { id: name, object: 'model', created, owned_by: 'nabla' };
  app.get('/v1/models', (context) => context.json({ object: 'list', data: [model] }));
  app.get('/v1/models/:model{.+}', (context) => {
    checkModel(served, context.req.param('model'));
    return context.json(model);
  });

  app.post('/v1/completions', async (context) => {
    const request = readBody(completionSchema, await bodyOf(context));
    checkModel(served, request.model);
    const order = completionOrder(served, request);
    return answer(context, order, completionView(served, request, order), request);
  });

  app.post('/v1/chat/completions', async (context) => {
    const request = readBody(chatSchema, await bodyOf(context));
    checkModel(served, request.model);
    const order = chatOrder(served, request);
    return answer(context, order, chatView(served, request, order), request);
  });

  app.post('/v1/embeddings', async (context) => {
    const request = readBody(embeddingsSchema, await bodyOf(context));
    checkModel(served, request.model);
    const signal = AbortSignal.any([context.req.raw.signal, options.signal]);
    const end = await queue.turn(signal);
    try {
      return context.json(await embed(served, request, signal));
    } finally {
      end();
    }
  });

  /** Writes an order in its turn, piece by piece or as a whole. */
  async function answer(
    context: Context,
    order: Order,
    view: View,
    { stream: isStream, stream_options: streamOptions }: SamplingRequest,
  ): Promise<Response> {
    const stop = new AbortController();
    const signal = AbortSignal.any([context.req.raw.signal, options.signal, stop.signal]);
    const end = await queue.turn(signal);
    const usage = noUsage();
    const pieces = writeOrder(order, usage, signal);
    if (isStream !== true) {
      try {
        const choices = await collect(order, pieces);
        return context.json({ ...view.head, choices: choices.map(view.whole), usage });
      } finally {
        end();
      }
    }
    const includeUsage = streamOptions?.include_usage === true;
    const head = { ...view.head, ...(includeUsage && { usage: null }) };
    // The first piece before any answer: what is wrong with a prompt is said with the right status.
    const first = await pieces.next().catch((error: unknown) => {
      end();
      throw error;
    });
    return streamSSE(context, async (stream) => {
      stream.onAbort(() => stop.abort(new ServeError(499, 'client_closed', 'The client has gone.')));
      const send = (body: unknown): Promise<void> => stream.writeSSE({ data: JSON.stringify(body) });
      try {
        for await (const choice of streamed(view, resumed(first, pieces))) await send({ ...head, choices: [choice] });
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

/** All pieces, the first of which was taken already. */
async function* resumed(
  first: IteratorResult<OrderedPiece, undefined>,
  pieces: AsyncGenerator<OrderedPiece, undefined>,
): AsyncGenerator<OrderedPiece, undefined> {
  if (first.done === true) return;
  yield first.value;
  yield* pieces;
}

/** @throws {ServeError} the body is no JSON in UTF-8 (status 400) */
async function bodyOf(context: Context): Promise<unknown> {
  const bytes = await context.req.arrayBuffer();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ServeError(400, 'invalid_encoding', 'The body is no text in UTF-8.');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ServeError(400, 'invalid_json', `The body is no JSON: ${error.message.slice(0, 200)}.`);
  }
}

/** Compares hashes, in a time that says nothing about the key. */
function checkKey(authorization: string | undefined, apiKey: string | undefined): void {
  if (apiKey === undefined) return;
  const given = /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const [a, b] = [given, apiKey].map((text) => createHash('sha256').update(text).digest());
  if (a !== undefined && b !== undefined && timingSafeEqual(a, b)) return;
  throw new ServeError(401, 'invalid_api_key', 'The API key is missing or wrong: Authorization: Bearer KEY.');
}

/** Answers an error; one of a client that has gone is nobody's concern. */
function refuse(context: Context, error: unknown, { log, signal }: ServerOptions): Response {
  const { status, body } = answerTo(error);
  if (status >= 500 && !context.req.raw.signal.aborted && !signal.aborted) log(error);
  if (status === 429) context.header('retry-after', '1');
  return context.json(body, status as ContentfulStatusCode);
}

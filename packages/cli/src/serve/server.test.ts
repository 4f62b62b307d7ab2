// SPDX-License-Identifier: Apache-2.0
// Tests of the server: what OpenAI's clients send and read, and what it says to everybody else.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { setDevice } from '@nabla/core';
import type { Hono } from 'hono';

import { makePublishedFolder } from '../test-published.ts';
import { type ServedModel, disposeServed, loadServed } from './served-model.ts';
import { type ServerOptions, makeServer } from './server.ts';
import { type Body, eventsOf, post } from '../test-server.ts';

let folder: string;
let served: ServedModel;
const logged: unknown[] = [];

beforeAll(async () => {
  setDevice('auto');
  folder = mkdtempSync(join(tmpdir(), 'nabla-serve-'));
  await makePublishedFolder(join(folder, 'tiny'));
  const place = join(folder, 'tiny');
  served = await loadServed({ source: place, kind: 'published', folder: place });
});
afterAll(() => {
  disposeServed(served);
  rmSync(folder, { recursive: true });
});

function server(options: Partial<ServerOptions> = {}): Hono {
  const signal = new AbortController().signal;
  const log = (error: unknown): void => void logged.push(error);
  return makeServer(served, { apiKey: undefined, waiting: 2, bodyBytes: 10_000, log, signal, ...options });
}

async function completion(app: Hono, body: Body): Promise<{ text: string; finish_reason: string }[]> {
  const response = await post(app, '/v1/completions', body);
  expect(response.status).toBe(200);
  const answer = (await response.json()) as { choices: { text: string; finish_reason: string }[] };
  return answer.choices;
}

describe('completions', () => {
  it('answer as OpenAI’s do', async () => {
    const response = await post(server(), '/v1/completions', { prompt: 'Hello', max_tokens: 5, seed: 1 });
    expect(await response.json()).toMatchObject({
      object: 'text_completion',
      model: 'tiny',
      choices: [{ index: 0, text: expect.any(String), finish_reason: 'length', logprobs: null }],
      usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 },
    });
  });

  it('are the same for the same seed, and for temperature 0', async () => {
    const app = server();
    const [a] = await completion(app, { prompt: 'abc', max_tokens: 8, seed: 3 });
    const [b] = await completion(app, { prompt: 'abc', max_tokens: 8, seed: 3 });
    expect(a).toEqual(b);
    const [c] = await completion(app, { prompt: 'abc', max_tokens: 8, temperature: 0 });
    const [d] = await completion(app, { prompt: 'abc', max_tokens: 8, temperature: 0, seed: 9 });
    expect(c).toEqual(d);
  });

  it('take several prompts, tokens instead of text, and give several texts', async () => {
    const choices = await completion(server(), { prompt: ['a', 'b'], n: 2, max_tokens: 1 });
    expect(choices.length).toBe(4);
    expect((await completion(server(), { prompt: [97, 98], max_tokens: 1 })).length).toBe(1);
    expect(await completion(server(), { prompt: 'x', max_tokens: 0, echo: true })).toMatchObject([{ text: 'x' }]);
  });

  it('stream what they would have given at once', async () => {
    const body = { prompt: 'Hello', max_tokens: 12, temperature: 0 };
    const [whole] = await completion(server(), body);
    const options = { ...body, stream: true, stream_options: { include_usage: true } };
    const chunks = await eventsOf(await post(server(), '/v1/completions', options));
    const choices = chunks.flatMap(({ choices: found }) => found as { text: string; finish_reason: string | null }[]);
    expect(choices.map(({ text }) => text).join('')).toBe(whole?.text);
    expect(choices.at(-1)?.finish_reason).toBe('length');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 12 } });
  });
});

describe('conversations', () => {
  const messages = [{ role: 'user', content: 'Hi' }];

  it('answer, as a whole and in pieces', async () => {
    const body = { messages, max_tokens: 6, temperature: 0 };
    const response = await post(server(), '/v1/chat/completions', body);
    const answer = (await response.json()) as { choices: { message: { content: string } }[] };
    expect(answer).toMatchObject({ object: 'chat.completion', choices: [{ message: { role: 'assistant' } }] });
    const chunks = await eventsOf(await post(server(), '/v1/chat/completions', { ...body, stream: true }));
    const deltas = chunks.flatMap(({ choices }) => (choices as { delta: Body }[]).map(({ delta }) => delta));
    expect(deltas[0]).toMatchObject({ role: 'assistant' });
    expect(deltas.map(({ content }) => content).join('')).toBe(answer.choices[0]?.message.content);
  });

  it('take content in parts', async () => {
    const parts = [{ role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] }, ...messages];
    expect((await post(server(), '/v1/chat/completions', { messages: parts, max_tokens: 1 })).status).toBe(200);
  });
});

it('says what it serves, and that it is well', async () => {
  expect(await (await server().request('/v1/models')).json()).toMatchObject({ data: [{ id: 'tiny' }] });
  expect((await server().request('/health')).status).toBe(200);
});

describe('what is refused', () => {
  const refused: readonly (readonly [path: string, body: unknown, status: number, message: RegExp])[] = [
    ['/v1/completions', 'no JSON', 400, /no JSON/],
    ['/v1/completions', '\u0000', 400, /no JSON/],
    ['/v1/completions', 'null', 400, /The body/],
    ['/v1/completions', {}, 400, /"prompt"/],
    ['/v1/completions', { prompt: '' }, 400, /prompt/],
    ['/v1/completions', { prompt: [] }, 400, /"prompt"/],
    ['/v1/completions', { prompt: [1e9] }, 400, /1000000000/],
    ['/v1/completions', { prompt: 'a', max_tokens: -1 }, 400, /"max_tokens"/],
    ['/v1/completions', { prompt: 'a', max_tokens: 1e9 }, 400, /"max_tokens"/],
    ['/v1/completions', { prompt: 'a'.repeat(65) }, 400, /64/],
    ['/v1/completions', { prompt: 'a', temperature: 'hot' }, 400, /"temperature"/],
    ['/v1/completions', { prompt: 'a'.repeat(20_000) }, 413, /10000 bytes/],
    ['/v1/chat/completions', { messages: [] }, 400, /"messages"/],
    ['/v1/chat/completions', { messages: [{ role: 'robot', content: 'x' }] }, 400, /"messages.0.role"/],
    ['/v1/embeddings', { input: 'x' }, 400, /makes no vectors/],
    ['/v1/nothing', {}, 404, /no POST \/v1\/nothing/],
  ];

  it.each(refused.map((row) => [row[3], row] as const))('%s', async (_, [path, body, status, message]) => {
    const response = await post(server(), path, body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { message: string; type: string } };
    expect(error.message).toMatch(message);
    expect(error.type).toBe('invalid_request_error');
    expect(logged).toEqual([]);
  });

  it('a request without the key, or with another', async () => {
    const app = server({ apiKey: 'secret' });
    expect((await post(app, '/v1/completions', { prompt: 'a' })).status).toBe(401);
    expect((await post(app, '/v1/completions', { prompt: 'a' }, { authorization: 'Bearer other' })).status).toBe(401);
    const body = { prompt: 'a', max_tokens: 1 };
    expect((await post(app, '/v1/completions', body, { authorization: 'Bearer secret' })).status).toBe(200);
  });

  it('more requests than may wait; the others are answered one after the other', async () => {
    const app = server();
    const body = { prompt: 'a', max_tokens: 8, temperature: 0 };
    const responses = await Promise.all(Array.from({ length: 5 }, () => post(app, '/v1/completions', body)));
    const statuses = responses.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await post(app, '/v1/completions', body)).status).toBe(200);
  });

  it('what is under way when the server stops', async () => {
    const stop = new AbortController();
    const app = server({ signal: stop.signal });
    const response = await post(app, '/v1/completions', { prompt: 'a', max_tokens: 60, stream: true });
    stop.abort(new Error('stopped'));
    expect(await response.text()).not.toContain('[DONE]');
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of the fields of answers, as OpenAI's clients read them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator, setDevice } from '@nabla/core';
import { BertModel, savePretrained } from '@nabla/models';
import type { Hono } from 'hono';

import { makePublishedFolder } from '../test-published.ts';
import { type ServedModel, disposeServed, loadServed } from './served-model.ts';
import { makeServer } from './server.ts';
import { type Body, eventsOf, post } from '../test-server.ts';

let folder: string;
const models: ServedModel[] = [];
let writer: Hono;
let embedder: Hono;

const shape = { vocab_size: 8, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16 };

async function appOf(name: string): Promise<Hono> {
  const place = join(folder, name);
  const served = await loadServed({ source: place, kind: 'published', folder: place });
  models.push(served);
  const signal = new AbortController().signal;
  return makeServer(served, {
    ...{ apiKey: undefined, waiting: 2, bodyBytes: 100_000, signal },
    log: (error) => {
      throw error;
    },
  });
}

beforeAll(async () => {
  setDevice('js');
  folder = mkdtempSync(join(tmpdir(), 'nabla-openai-'));
  await makePublishedFolder(join(folder, 'tiny'));
  const encoder = new BertModel({ ...shape, max_position_embeddings: 12 }, new Generator(1));
  await savePretrained(encoder, join(folder, 'encoder'));
  encoder.dispose();
  writeFileSync(join(folder, 'encoder', 'vocab.txt'), '[PAD] [UNK] [CLS] [SEP] good bad film a'.replaceAll(' ', '\n'));
  [writer, embedder] = [await appOf('tiny'), await appOf('encoder')];
});
afterAll(() => {
  models.forEach(disposeServed);
  rmSync(folder, { recursive: true });
});

async function ask<T = Body>(app: Hono, path: string, body: Body): Promise<T> {
  const response = await post(app, path, body);
  expect({ status: response.status, error: response.ok ? '' : await response.clone().text() }).toMatchObject({
    status: 200,
  });
  return (await response.json()) as T;
}

const GREEDY = { temperature: 0, max_tokens: 6 };
const messages = [{ role: 'user', content: 'Hi' }];

interface Completion {
  choices: {
    index: number;
    text: string;
    finish_reason: string;
    logprobs: null | {
      tokens: string[];
      token_logprobs: number[];
      top_logprobs: Record<string, number>[];
      text_offset: number[];
    };
  }[];
  usage: Body;
}

interface ChatEntry {
  token: string;
  logprob: number;
  bytes: number[] | null;
  top_logprobs: { token: string; logprob: number }[];
}

interface Chat {
  choices: {
    index: number;
    message: { role: string; content: string };
    finish_reason: string;
    logprobs: null | { content: ChatEntry[] };
  }[];
}

describe('/v1/models', () => {
  it('lists what is served, and tells of it by its name', async () => {
    const entry = { id: 'tiny', object: 'model', created: expect.any(Number) as number, owned_by: 'nabla' };
    expect(await (await writer.request('/v1/models')).json()).toEqual({ object: 'list', data: [entry] });
    expect(await (await writer.request('/v1/models/tiny')).json()).toEqual(entry);
    const other = await writer.request('/v1/models/owner%2Fname');
    expect(other.status).toBe(404);
    expect(await other.json()).toMatchObject({ error: { code: 'model_not_found', param: 'model' } });
  });

  it('is what requests may ask for', async () => {
    expect((await post(writer, '/v1/completions', { model: 'tiny', prompt: 'a', max_tokens: 1 })).status).toBe(200);
    const other = await post(writer, '/v1/completions', { model: 'gpt-4', prompt: 'a' });
    expect(other.status).toBe(404);
    expect(await other.json()).toMatchObject({ error: { message: expect.stringMatching(/"gpt-4".*"tiny" is/) } });
  });
});

describe('/v1/completions', () => {
  it('tells the logarithms of probabilities: of the token and of the likeliest in its place', async () => {
    const { choices } = await ask<Completion>(writer, '/v1/completions', { prompt: 'ab', ...GREEDY, logprobs: 3 });
    const [{ text, logprobs } = { text: '', logprobs: null }] = choices;
    expect(logprobs?.tokens.map((name) => name.replace(/^token_id:\d+$/, '\uFFFD')).join('')).toBe(text);
    expect(logprobs?.text_offset).toEqual([2, 3, 4, 5, 6, 7]);
    logprobs?.top_logprobs.forEach((top, i) => {
      expect(Object.keys(top)).toHaveLength(3);
      expect(Math.max(...Object.values(top))).toBeCloseTo(logprobs.token_logprobs[i] ?? NaN, 5);
      const total = Object.values(top).reduce((sum, value) => sum + Math.exp(value), 0);
      expect(total).toBeLessThan(1);
    });
    const none = await ask<Completion>(writer, '/v1/completions', { prompt: 'ab', ...GREEDY, logprobs: 0 });
    expect(none.choices[0]?.logprobs).toMatchObject({ top_logprobs: null, tokens: logprobs?.tokens });
  });

  it('repeats the prompt, as a whole and in pieces', async () => {
    const body = { prompt: ['ab', 'c'], ...GREEDY, echo: true };
    const { choices } = await ask<Completion>(writer, '/v1/completions', body);
    expect(choices.map(({ text }) => text.slice(0, 2))).toEqual(['ab', expect.stringMatching(/^c/)]);
    const chunks = await eventsOf<Completion>(await post(writer, '/v1/completions', { ...body, stream: true }));
    const pieces = chunks.flatMap((chunk) => chunk.choices);
    for (const { index, text } of choices) {
      const own = pieces.filter((piece) => piece.index === index);
      expect(own.map((piece) => piece.text).join('')).toBe(text);
      expect(own.map((piece) => piece.finish_reason)).toEqual([...own.slice(1).map(() => null), 'length']);
    }
  });

  it('streams nothing but the end where no token is asked for', async () => {
    const body = { prompt: 'ab', max_tokens: 0, stream: true };
    const chunks = await eventsOf(await post(writer, '/v1/completions', body));
    expect(chunks).toMatchObject([{ choices: [{ index: 0, text: '', finish_reason: 'length' }] }]);
  });

  it('tells how many tokens there were in an event of its own, where asked to', async () => {
    const body = { prompt: 'ab', ...GREEDY, stream: true, stream_options: { include_usage: true } };
    const chunks = await eventsOf(await post(writer, '/v1/completions', body));
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    const usage = { prompt_tokens: 2, completion_tokens: 6, total_tokens: 8 };
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  it('does not read again what it has read for the text before', async () => {
    const usage = async (prompt: string): Promise<Body> =>
      (await ask<Completion>(writer, '/v1/completions', { prompt, ...GREEDY })).usage;
    const { choices } = await ask<Completion>(writer, '/v1/completions', { prompt: 'zzabcd', ...GREEDY });
    const told = { prompt_tokens: 8, prompt_tokens_details: { cached_tokens: 6 } };
    expect(await usage('zzabcdxy')).toMatchObject(told);
    expect(await usage('yz')).toMatchObject({ prompt_tokens_details: { cached_tokens: 0 } });
    const again = await ask<Completion>(writer, '/v1/completions', { prompt: ['zzabcd', 'zzabcd'], ...GREEDY });
    expect(again.choices.map(({ text }) => text)).toEqual([choices[0]?.text, choices[0]?.text]);
    expect(again.usage).toMatchObject({ prompt_tokens: 12, prompt_tokens_details: { cached_tokens: 5 } });
  });

  it('ends before a stop string, and says why', async () => {
    const [choice] = (await ask<Completion>(writer, '/v1/completions', { prompt: 'ab', ...GREEDY })).choices;
    const stop = [choice?.text[3] ?? ''];
    const { choices } = await ask<Completion>(writer, '/v1/completions', { prompt: 'ab', ...GREEDY, stop });
    expect(choices[0]).toMatchObject({ finish_reason: 'stop' });
    expect(choices[0]?.text).toBe(choice?.text.slice(0, choice.text.indexOf(stop[0] ?? '')));
    expect(await ask(writer, '/v1/completions', { prompt: 'ab', ...GREEDY, stop: [] })).toMatchObject({
      choices: [choice],
    });
  });

  it('draws the same for the same seed, below 0 too, and another for each of n', async () => {
    const body = { prompt: 'ab', max_tokens: 12, temperature: 2, n: 2, seed: -7 };
    const texts = async (): Promise<string[]> =>
      (await ask<Completion>(writer, '/v1/completions', body)).choices.map(({ text }) => text);
    const first = await texts();
    expect(await texts()).toEqual(first);
    expect(first[0]).not.toBe(first[1]);
  });

  it('is biased as asked, and penalized for what it has written', async () => {
    const biased = { prompt: 'ab', ...GREEDY, logit_bias: { 120: 100 } };
    const text = async (body: Body): Promise<string | undefined> =>
      (await ask<Completion>(writer, '/v1/completions', body)).choices[0]?.text;
    expect(await text(biased)).toBe('xxxxxx');
    const both = { ...GREEDY, prompt: 'ab', logit_bias: { 120: 50, 121: 50 } }; // the model itself is for x
    expect(await text(both)).toBe('xxxxxx');
    expect(await text({ ...both, presence_penalty: 2 })).toMatch(/^x+y/);
    expect(await text({ ...both, frequency_penalty: 2 })).toMatch(/^x+y/);
  });

  it('has no more new tokens by default than there is room for', async () => {
    const { choices } = await ask<Completion>(writer, '/v1/completions', { prompt: 'x'.repeat(60), temperature: 0 });
    expect(choices[0]).toMatchObject({ finish_reason: 'length' });
    const long = await post(writer, '/v1/completions', { prompt: 'x'.repeat(60), max_tokens: 5 });
    expect(await long.json()).toMatchObject({ error: { code: 'context_length_exceeded' } });
  });
});

describe('/v1/chat/completions', () => {
  it('answers as far as the context reaches, where nobody says how long', async () => {
    const { choices, usage } = await ask<Chat & { usage: { completion_tokens: number } }>(
      writer,
      '/v1/chat/completions',
      { messages, temperature: 0, logit_bias: { 256: -100 } }, // no end
    );
    expect(choices[0]?.finish_reason).toBe('length');
    expect(usage.completion_tokens).toBe(64 - 5); // the template makes 5 tokens
  });

  it('tells the logarithms of probabilities', async () => {
    const body = { messages, ...GREEDY, logprobs: true, top_logprobs: 2 };
    const { choices } = await ask<Chat>(writer, '/v1/chat/completions', body);
    const content = choices[0]?.logprobs?.content ?? [];
    expect(content).toHaveLength(6);
    for (const { token, logprob, bytes, top_logprobs: top } of content) {
      expect(top).toHaveLength(2);
      expect(top[0]).toMatchObject({ token, logprob: expect.closeTo(logprob, 5) as number });
      expect(bytes === null || Buffer.from(bytes).toString() === token).toBe(true);
    }
    const chunks = await eventsOf<Chat>(await post(writer, '/v1/chat/completions', { ...body, stream: true }));
    const streamed = chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.content ?? []);
    expect(streamed).toEqual(content);
  });

  it('streams the role, the text, and the end, for each of n', async () => {
    const body = { messages, ...GREEDY, n: 2, stream: true };
    const chunks = await eventsOf(await post(writer, '/v1/chat/completions', body));
    expect(chunks.every(({ object }) => object === 'chat.completion.chunk')).toBe(true);
    const whole = await ask<Chat>(writer, '/v1/chat/completions', { ...body, stream: false });
    for (const { index, message } of whole.choices) {
      const own = chunks
        .flatMap(
          ({ choices }) => choices as { index: number; delta: { content?: string }; finish_reason: string | null }[],
        )
        .filter((choice) => choice.index === index);
      expect(own[0]).toMatchObject({ delta: { role: 'assistant', content: '' }, finish_reason: null });
      expect(own.at(-1)).toMatchObject({ delta: {}, finish_reason: 'length' });
      expect(own.map(({ delta }) => delta.content ?? '').join('')).toBe(message.content);
    }
  });

  it('ends where the tokenizer ends a turn', async () => {
    const { choices } = await ask<Chat>(writer, '/v1/chat/completions', { messages, logit_bias: { 256: 100 } });
    expect(choices[0]).toMatchObject({ message: { content: '' }, finish_reason: 'stop' });
  });
});

describe('/v1/embeddings', () => {
  interface Embeddings {
    data: { object: string; index: number; embedding: number[] | string }[];
    usage: Body;
  }

  it('gives numbers, or the bytes of float32, of texts and of tokens', async () => {
    const input = ['a good film', 'bad'];
    const plain = await ask<Embeddings>(embedder, '/v1/embeddings', { input });
    expect(plain.data.map(({ index }) => index)).toEqual([0, 1]);
    expect(plain.usage).toEqual({ prompt_tokens: 8, total_tokens: 8 });
    const packed = await ask<Embeddings>(embedder, '/v1/embeddings', { input, encoding_format: 'base64' });
    for (const [i, { embedding }] of packed.data.entries()) {
      const bytes = Buffer.from(String(embedding), 'base64');
      const numbers = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
      expect(numbers).toEqual(plain.data[i]?.embedding);
    }
    const tokens = {
      input: [
        [2, 7, 4, 6, 3],
        [2, 5, 3],
      ],
    };
    expect(await ask<Embeddings>(embedder, '/v1/embeddings', tokens)).toEqual(plain);
    const one = await ask<Embeddings>(embedder, '/v1/embeddings', { input: [2, 5, 3] });
    expect(one.data).toHaveLength(1);
  });

  it.each([
    [{ input: [2, 99] }, /Token 99 is not below 8/],
    [{ input: [new Array(13).fill(4)] }, /13 tokens; this model takes 12/],
    [{ input: [] }, /"input"/],
    [{ input: [[]] }, /"input"/],
    [{ input: 'a', dimensions: 4 }, /have 8 numbers/],
    [{ input: 'a', encoding_format: 'int8' }, /"encoding_format"/],
  ])('refuses %j', async (body, message) => {
    const response = await post(embedder, '/v1/embeddings', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(message) as string } });
  });

  it('is all that an encoder serves', async () => {
    const response = await post(embedder, '/v1/chat/completions', { messages });
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(/\/v1\/embeddings/) } });
  });
});

describe('what is not done here', () => {
  it.each<[string, Body, string]>([
    ['/v1/completions', { prompt: 'a', best_of: 3 }, 'best_of'],
    ['/v1/completions', { prompt: 'a', suffix: 'b' }, 'suffix'],
    ['/v1/completions', { prompt: 'a', echo: true, logprobs: 1 }, 'logprobs'],
    ['/v1/completions', { prompt: 'a', logit_bias: { 259: 1 } }, 'logit_bias'],
    ['/v1/completions', { prompt: 'a', logit_bias: { x: 1 } }, 'logit_bias'],
    ['/v1/chat/completions', { messages, tools: [{ type: 'function' }] }, 'tools'],
    ['/v1/chat/completions', { messages, functions: [{}] }, 'functions'],
    ['/v1/chat/completions', { messages, response_format: { type: 'json_object' } }, 'response_format'],
    ['/v1/chat/completions', { messages, modalities: ['text', 'audio'] }, 'modalities'],
    ['/v1/chat/completions', { messages, top_logprobs: 2 }, 'top_logprobs'],
  ])('%s %j names the field', async (path, body, param) => {
    const response = await post(writer, path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param, type: 'invalid_request_error' } });
  });

  it.each<[string, Body, RegExp]>([
    [
      '/v1/completions',
      { prompt: [-1] },
      /"prompt" .*Expected a text, its token ids .* or a list of 1 to 64 of either/,
    ],
    ['/v1/completions', { prompt: 'a', stop: [1] }, /"stop" .*Expected a text, or a list of up to 16 texts/],
    [
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: 5 }] },
      /content" .*Expected a text, or a list of parts/,
    ],
    ['/v1/embeddings', { input: {} }, /"input" .*Expected a text, its token ids .* or a list of 1 to 2048 of either/],
  ])('%s %j says what is taken in its place', async (path, body, message) => {
    const response = await post(writer, path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(message) as string } });
  });

  it.each<[string, Body]>([
    ['/v1/completions', { prompt: 'a', max_tokens: 1, best_of: 1, suffix: null, logit_bias: null, user: 'x' }],
    ['/v1/chat/completions', { messages, max_tokens: 1, tools: [], response_format: { type: 'text' }, store: false }],
  ])('%s %j asks for nothing of it', async (path, body) => {
    expect((await post(writer, path, body)).status).toBe(200);
  });
});

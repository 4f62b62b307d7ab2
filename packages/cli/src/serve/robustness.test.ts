// SPDX-License-Identifier: Apache-2.0
// Tests that nothing which is sent breaks the server: bodies of every kind, and clients that go away.

import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate as nextTick, setTimeout as wait } from 'node:timers/promises';

import { serve } from '@hono/node-server';
import { Generator } from '@nabla/core';
import type { Hono } from 'hono';

import { RequestQueue } from './queue.ts';
import type { ServedModel } from './served-model.ts';
import { type ServerOptions, makeServer } from './server.ts';
import { post } from '../test-server.ts';
import type { Writer } from './writer.ts';

const logged: unknown[] = [];
beforeEach(() => {
  logged.length = 0;
});

/** How many texts have ended that were begun. */
let [begun, ended] = [0, 0];

/** Writes x as long as it is let: to the end token that is asked for, or for ever. */
const endless: Writer = {
  vocabulary: 10,
  reused: 0,
  read: (prompt) => ({ text: String(prompt), ids: [1] }),
  readConversation: () => ({ text: '', ids: [1] }),
  room: () => undefined,
  async *write(_, { signal, maximumNewTokens = Infinity }) {
    begun += 1;
    try {
      for (let written = 1; ; written++) {
        await nextTick();
        signal?.throwIfAborted();
        const isLast = written === maximumNewTokens;
        yield { text: 'x', id: 1, logProbability: undefined, finish: isLast ? 'length' : undefined };
        if (isLast) return;
      }
    } finally {
      ended += 1;
    }
  },
  textOf: String,
  dispose: () => undefined,
};

const served: ServedModel = { name: 'endless', created: 0, writer: endless, embedder: undefined };

function server(options: Partial<ServerOptions> = {}): Hono {
  const log = (error: unknown): void => void logged.push(error);
  const { signal } = new AbortController();
  return makeServer(served, { apiKey: undefined, waiting: 1, bodyBytes: 1_000_000, log, signal, ...options });
}

const PATHS = ['/v1/completions', '/v1/chat/completions', '/v1/embeddings'];
const KEYS =
  'model prompt messages input max_tokens temperature top_p n stop stream logprobs seed echo logit_bias tools role content __proto__ constructor'.split(
    ' ',
  );

/** A value of JSON, of any kind. */
function anything(generator: Generator, depth: number): unknown {
  const one = <T>(values: readonly T[]): T | undefined => values[generator.integer(values.length)];
  const several = (): unknown[] => Array.from({ length: generator.integer(4) }, () => anything(generator, depth - 1));
  switch (generator.integer(depth > 0 ? 9 : 6)) {
    case 0:
      return one(['', 'a', '\ud800', '\u0000', 'user', 'text', '猫'.repeat(50)]);
    case 1:
      return one([0, 1, -1, 3, 1.5, 1e308, -1e308, 2 ** 53, 1e-320]);
    case 2:
      return one([true, false]);
    case 3:
      return null;
    case 4:
      return 'ab';
    case 5:
      return one([[], {}]);
    case 6:
      return several();
    default: {
      const text = several().map((value) => `${JSON.stringify(one(KEYS))}: ${JSON.stringify(value)}`);
      return JSON.parse(`{${text.join(', ')}}`) as unknown; // with `__proto__` as a key like any other
    }
  }
}

/** A body as one might send it, with one of its fields, or more of them, changed to anything. */
function changed(generator: Generator): unknown {
  const body: Record<string, unknown> = {
    prompt: 'a',
    messages: [{ role: 'user', content: 'a' }],
    input: 'a',
    max_tokens: 2,
  };
  for (let count = generator.integer(4); count >= 0; count--) {
    body[KEYS[generator.integer(KEYS.length)] ?? ''] = anything(generator, 3);
  }
  return { ...body, max_tokens: typeof body['max_tokens'] === 'number' ? body['max_tokens'] : 2 };
}

describe('whatever is sent', () => {
  it('is answered, with an error that says what is wrong where something is', async () => {
    const app = server();
    const generator = new Generator(11);
    const statuses = new Set<number>();
    for (let i = 0; i < 300; i++) {
      const body = i % 3 === 0 ? anything(generator, 5) : changed(generator);
      const response = await post(app, PATHS[i % PATHS.length] ?? '', JSON.stringify(body));
      const text = await response.text();
      statuses.add(response.status);
      if (response.status !== 200) expect(JSON.parse(text)).toMatchObject({ error: { message: expect.any(String) } });
    }
    expect([...statuses].sort()).toEqual([200, 400, 404]);
    expect(logged).toEqual([]);
  });

  const deep = (open: string, close: string): string => open.repeat(50_000) + close.repeat(50_000);
  const bodies: readonly (readonly [string, string | Uint8Array])[] = [
    ['lists in lists', deep('[', ']')],
    ['lists without end', '['.repeat(500_000)],
    ['lists in lists as a prompt', `{"prompt": ${deep('[', ']')}}`],
    ['objects in objects', `{"messages": ${deep('[{"content":', '}]').replace(':}', ':1}')}}`],
    ['no UTF-8', Uint8Array.of(123, 34, 0xff, 0xfe, 34, 125)],
    ['half a character', Uint8Array.of(0x22, 0xe7, 0x8c)],
    ['nothing', ''],
    ['a number beyond all', '{"prompt": "a", "max_tokens": 1e999}'],
    ['a million wrong messages', `{"messages": [${'{},'.repeat(300_000)}{}]}`],
    ['a million wrong prompts', `{"prompt": [${'{},'.repeat(300_000)}{}]}`],
    ['a prompt of a million tokens that there are not', `{"prompt": [${'-1,'.repeat(300_000)}-1]}`],
    ['many stop strings', `{"prompt": "a", "stop": [${'0,'.repeat(400_000)}0]}`],
    [
      'many biases',
      `{"prompt": "a", "logit_bias": {${Array.from({ length: 50_000 }, (_, i) => `"${i}": "x"`).join()}}}`,
    ],
  ];

  it.each(bodies)('%s is refused at once', async (_, body) => {
    const start = process.cpuUsage();
    for (const path of PATHS) {
      const response = await post(server(), path, body);
      expect(response.status).toBe(400);
      expect((await response.text()).length).toBeLessThan(1000);
    }
    const { user, system } = process.cpuUsage(start);
    expect(user + system).toBeLessThan(5e6); // microseconds: ten times what parsing alone takes
    expect(logged).toEqual([]);
  });
});

describe('a client that goes away', () => {
  let port: number;
  let listening: ReturnType<typeof serve>;
  const stop = new AbortController();
  beforeAll(async () => {
    listening = serve({ fetch: server({ signal: stop.signal, waiting: 1 }).fetch, hostname: '127.0.0.1', port: 0 });
    await once(listening, 'listening');
    ({ port } = listening.address() as AddressInfo);
  });
  afterAll(async () => {
    stop.abort(new Error('stopped'));
    const closed = once(listening, 'close');
    listening.close();
    await closed;
  });

  function send(body: object): ClientRequest {
    const headers = { 'content-type': 'application/json' };
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/v1/completions', headers });
    sent.on('error', () => undefined); // of those that are destroyed
    sent.end(JSON.stringify(body));
    return sent;
  }

  async function answered(body: object): Promise<number> {
    const [response] = (await once(send(body), 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.statusCode ?? 0;
  }

  /** Looks again and again; a test that waits in vain fails by its time. */
  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await wait(5);
  }

  it('while it is answered piece by piece stops the writing', async () => {
    [begun, ended] = [0, 0];
    const sent = send({ prompt: 'a', max_tokens: 30_000, stream: true });
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await once(response, 'data');
    sent.destroy();
    await until(() => ended === 1);
    expect(await answered({ prompt: 'a', max_tokens: 1 })).toBe(200);
    expect(logged).toEqual([]);
  });

  it('while it waits for an answer as a whole stops the writing, and who waits behind it comes next', async () => {
    [begun, ended] = [0, 0];
    const first = send({ prompt: 'a', max_tokens: 30_000 });
    await until(() => begun === 1);
    const second = answered({ prompt: 'a', max_tokens: 1 });
    first.destroy();
    expect(await second).toBe(200);
    expect([begun, ended]).toEqual([2, 2]);
    expect(logged).toEqual([]);
  });

  it('while it waits for its turn leaves its place', async () => {
    const turn = jest.spyOn(RequestQueue.prototype, 'turn');
    const asked = (count: number): Promise<void> => until(() => turn.mock.calls.length === count);
    const first = send({ prompt: 'a', max_tokens: 30_000 });
    await asked(1);
    const gone = send({ prompt: 'a', max_tokens: 1 });
    await asked(2);
    gone.destroy();
    await expect(turn.mock.results[1]?.value).rejects.toBeDefined();
    const second = answered({ prompt: 'a', max_tokens: 1 }); // 429 if the place were still taken
    await asked(3);
    first.destroy();
    expect(await second).toBe(200);
    turn.mockRestore();
  });

  it('in the middle of its body is no error of the server', async () => {
    const socket = connect(port, '127.0.0.1');
    const head = ['POST /v1/completions HTTP/1.1', 'host: x', 'content-type: application/json', 'content-length: 1000'];
    socket.write([...head, '', '{"prompt": '].join('\r\n'));
    const [received] = (await once(listening, 'request')) as [IncomingMessage];
    const noticed = new Promise((resolve) => received.once('close', resolve));
    socket.destroy();
    await noticed;
    expect(await answered({ prompt: 'a', max_tokens: 1 })).toBe(200);
    expect(logged).toEqual([]);
  });
});

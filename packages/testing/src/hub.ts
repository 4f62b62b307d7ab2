// SPDX-License-Identifier: Apache-2.0
// A hub on this machine for tests: it answers as huggingface.co does, or fails as it is told to; and beside it a host for large files.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type IncomingMessage, type RequestListener, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The commit that the hub is at. */
export const COMMIT: string = 'a'.repeat(40);

export const sha256: (content: Buffer) => string = (content) => createHash('sha256').update(content).digest('hex');

/** Answers a request itself and returns true, or leaves it to the hub. */
export type Trouble = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface Hub {
  /** Contents by name, which may be a path; those of safetensors and .bin are large: they come from another host. */
  files: Record<string, Buffer>;
  commit: string;
  /** Asked before the hub answers: first for large files at their own host, with a path that begins with `/large/`. */
  trouble: Trouble;
  /** Requests so far: `GET /api/models/…`, with what they asked for by Range and whether they carried a token. */
  readonly requests: string[];
  readonly folder: string;
  readonly endpoint: string;
}

/** Starts hub and host for the tests of a file; before each test the hub is as new, and the cache empty. */
export function useHub(): Hub {
  const hub = { files: {}, commit: COMMIT, trouble: () => false, requests: [], folder: '', endpoint: '' } as Hub & {
    folder: string;
    endpoint: string;
    requests: string[];
  };
  const environment = { ...process.env };
  let servers: Server[] = [];
  let host = '';
  beforeAll(async () => {
    const note = (request: IncomingMessage): void => {
      const { range, authorization } = request.headers;
      const words = [request.method, request.url, range, authorization && 'with token'];
      hub.requests.push(words.filter((word) => word !== undefined).join(' '));
    };
    const answer = (listen: RequestListener): RequestListener => {
      return (request, response) => {
        note(request);
        if (!hub.trouble(request, response)) listen(request, response);
      };
    };
    const large = await start(answer((request, response) => give(hub.files, request, response)));
    const own = await start(answer((request, response) => answerAsHub(hub, host, request, response)));
    servers = [large, own];
    host = originOf(large);
    hub.endpoint = originOf(own);
  });
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });
  beforeEach(() => {
    hub.folder = mkdtempSync(join(tmpdir(), 'nabla-hub-'));
    hub.requests.length = 0;
    Object.assign(hub, { commit: COMMIT, trouble: () => false });
    for (const name of Object.keys(process.env)) {
      if (/^(HF_|HUGGING|TRANSFORMERS_)/.test(name)) Reflect.deleteProperty(process.env, name);
    }
    Object.assign(process.env, {
      HF_ENDPOINT: hub.endpoint,
      HF_HOME: hub.folder,
      NABLA_CACHE: join(hub.folder, 'own'),
    });
  });
  afterEach(() => {
    rmSync(hub.folder, { recursive: true });
    for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, environment);
  });
  return hub;
}

/** The files of a folder and of those in it, by their paths from there: a model for {@link Hub.files}. */
export function filesIn(folder: string): Record<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(files.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(folder, path))]));
}

function start(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** `/api/models/NAME/revision/REVISION` and `/NAME/resolve/COMMIT/FILE` */
function answerAsHub(hub: Hub, host: string, request: IncomingMessage, response: ServerResponse): void {
  const { url = '' } = request;
  if (url.startsWith('/api/models/')) {
    const siblings = Object.keys(hub.files).map((rfilename) => ({ rfilename }));
    response.end(JSON.stringify({ sha: hub.commit, siblings }));
    return;
  }
  const name = nameOf(url);
  const content = hub.files[name];
  if (content === undefined) {
    response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
  } else if (/\.(safetensors|bin)$/.test(name)) {
    const headers = { 'x-linked-etag': `"${sha256(content)}"`, 'x-linked-size': content.length };
    const path = name.split('/').map(encodeURIComponent).join('/');
    response.writeHead(302, { ...headers, location: `${host}/large/${path}` }).end();
  } else give(hub.files, request, response);
}

/** What `/NAME/resolve/COMMIT/FILE` or `/large/FILE` asks for. */
function nameOf(url: string): string {
  const [, path = ''] = /^(?:\/large|.*?\/resolve\/[^/]+)\/(.*)$/.exec(url) ?? [];
  return path.split('/').map(decodeURIComponent).join('/');
}

/** A file, or what is asked for of it. */
export function give(files: Record<string, Buffer>, request: IncomingMessage, response: ServerResponse): void {
  const content = files[nameOf(request.url ?? '')] ?? Buffer.alloc(0);
  const etag = `"${createHash('sha1').update(content).digest('hex')}"`;
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const isSame = (request.headers['if-range'] ?? etag) === etag;
  const from = start !== undefined && isSame ? Number(start) : 0;
  const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
  const headers = { etag, 'content-length': content.length - from, ...(from > 0 && range) };
  response.writeHead(from > 0 ? 206 : 200, headers);
  response.end(request.method === 'HEAD' ? undefined : content.subarray(from));
}

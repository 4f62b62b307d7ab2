// SPDX-License-Identifier: Apache-2.0
// Tests of downloads against a server on this machine that behaves, lies, truncates, stalls and refuses.

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DownloadProgress, download } from './download.ts';
import type { DatasetFile } from './entry.ts';

const content = Buffer.alloc(200_000, 'Call me Ishmael. ');
const file: DatasetFile = {
  name: 'input.txt',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  addresses: [],
};

const answers: Record<string, RequestListener> = {
  '/good': (_, response) => response.end(content),
  '/moved': (_, response) => response.writeHead(302, { location: '/good' }).end(),
  '/missing': (_, response) => response.writeHead(404).end('no such page'),
  '/broken': (_, response) => response.writeHead(503).end(),
  '/wrong': (_, response) => response.end(Buffer.alloc(content.length, 'x')),
  '/page': (_, response) => response.end('<html>please log in</html>'),
  '/more': (_, response) => response.end(Buffer.concat([content, content])),
  '/endless': (_, response) => {
    const timer = setInterval(() => response.write(content), 1);
    response.on('close', () => clearInterval(timer));
  },
  '/truncated': (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 1000), () => response.destroy());
  },
  '/cut': (_, response) => response.end(content.subarray(0, 1000)),
  '/stalled': (_, response) => response.write(content.subarray(0, 1000)),
  '/silent': () => undefined,
};

describe('download', () => {
  let folder: string;
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    server = createServer((request, response) => answers[request.url ?? '']?.(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nabla-download-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const target = (): string => join(folder, 'datasets', 'whale', 'input.txt');
  const get = (page: string): Promise<void> =>
    download(file, `${origin}${page}`, target(), page.startsWith('/s') ? { stallMilliseconds: 300 } : {});
  const left = async (): Promise<string[]> =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);

  it.each(['/good', '/moved'])('brings the file from %s', async (page) => {
    await get(page);
    expect((await readFile(target())).equals(content)).toBe(true);
    expect(await left()).toEqual(['input.txt']);
  });

  it('says how far it has come', async () => {
    const seen: DownloadProgress[] = [];
    await download(file, `${origin}/good`, target(), { onProgress: (progress) => seen.push(progress) });
    const received = seen.map((progress) => progress.received);
    expect(received).toEqual([...received].sort((a, b) => a - b));
    expect(seen.at(-1)).toEqual({ address: `${origin}/good`, file: 'input.txt', received: 200_000, total: 200_000 });
  });

  it.each([
    ['/missing', 'answered HTTP 404 Not Found'],
    ['/broken', 'answered HTTP 503 Service Unavailable'],
    ['/wrong', /^sent bytes with sha256 [0-9a-f]{64}, expected [0-9a-f]{64}$/],
    ['/page', 'ended after 26 of 200000 bytes'],
    ['/cut', 'ended after 1000 of 200000 bytes'],
    ['/more', 'sent more than the expected 200000 bytes'],
    ['/endless', 'sent more than the expected 200000 bytes'],
    ['/truncated', 'terminated: other side closed'],
    ['/stalled', 'sent nothing for 0.3 seconds'],
    ['/silent', 'sent nothing for 0.3 seconds'],
  ])('leaves nothing behind after %s', async (page, message) => {
    await expect(get(page)).rejects.toThrow(message);
    expect(await left()).toEqual([]);
  });

  it('leaves an older file as it was when the new one is wrong', async () => {
    await get('/good');
    await writeFile(target(), 'older');
    await expect(get('/wrong')).rejects.toThrow('sha256');
    expect([await left(), await readFile(target(), 'utf8')]).toEqual([['input.txt'], 'older']);
  });

  it('says that nobody answers', async () => {
    await expect(download(file, 'http://127.0.0.1:1/', target())).rejects.toThrow(/^fetch failed: /);
    await expect(download(file, 'http://no-such-host.invalid/', target())).rejects.toThrow(/^fetch failed: /);
  });

  it('says that it cannot write', async () => {
    await writeFile(join(folder, 'datasets'), 'in the way');
    await expect(get('/good')).rejects.toThrow(/EEXIST|ENOTDIR/);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of nabla download against a hub on this machine.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { nabla, useFolder } from '../test-nabla.ts';

useFolder();

const files: Record<string, Buffer> = {
  'config.json': Buffer.from('{}'),
  'model.safetensors': Buffer.alloc(100_000, 'weights '),
};
const commit = 'a'.repeat(40);

describe('nabla download', () => {
  let server: Server;
  const environment = { ...process.env };
  beforeAll(async () => {
    server = createServer(({ method, url = '' }, response) => {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
      if (url === '/api/models/owner/name/revision/main') {
        response.end(JSON.stringify({ sha: commit, siblings }));
        return;
      }
      const content = files[url.split('/').at(-1) ?? ''];
      if (content === undefined) {
        response.writeHead(404).end();
        return;
      }
      const etag = `"${createHash('sha256').update(content).digest('hex')}"`;
      response.writeHead(200, { etag, 'content-length': content.length });
      response.end(method === 'HEAD' ? undefined : content);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Object.assign(process.env, { HF_ENDPOINT: endpoint, HF_HUB_CACHE: join(process.cwd(), 'cache'), HF_TOKEN: '' });
  });
  afterAll(async () => {
    for (const name of ['HF_ENDPOINT', 'HF_HUB_CACHE', 'HF_TOKEN']) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, environment);
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  it('prints the folder, and how far it has come', async () => {
    const { status, result, notes } = await nabla('download', 'owner/name');
    expect({ status, result }).toEqual({
      status: 0,
      result: `${join(process.cwd(), 'cache/models--owner--name/snapshots', commit)}\n`,
    });
    expect(notes).toMatch(/100 kB of 100 kB: model\.safetensors\n$/);
    expect(readFileSync(join(result.trimEnd(), 'config.json'), 'utf8')).toBe('{}');
    expect(await nabla('download', 'owner/name')).toEqual({ status: 0, result, notes: '' });
  });

  it('says what there is not', async () => {
    expect((await nabla('download', 'owner/other')).notes).toMatch(/HTTP 404.*check the spelling.*\[HUB\]/s);
    expect((await nabla('download', '../name')).notes).toMatch(
      /to be a folder, or a model of the hub.*\[PRETRAINED\]/s,
    );
  });
});

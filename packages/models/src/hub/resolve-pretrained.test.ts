// SPDX-License-Identifier: Apache-2.0
// Tests of fetching models: from a hub that behaves, into a cache that Python shares, and from one that fails in every way.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

import { Generator, readSafetensorsHeader, setDevice } from '@nabla/core';
import { COMMIT, type Trouble, filesIn, give, golden, sha256, useHub } from '@nabla/testing';

import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { savePretrained } from '../pretrained/save-pretrained.ts';
import { type HubProgress, type ResolvePretrainedOptions, resolvePretrained } from './resolve-pretrained.ts';

const hub = useHub();

const weights = Buffer.alloc(300_000, 'weights ');
const small = { 'config.json': Buffer.from('{"model_type": "x"}'), 'tokenizer.json': Buffer.from('{}') };
const quick = { stallMilliseconds: 400, retryMilliseconds: 1 };
const inCache = (...path: string[]): string => join(hub.folder, 'hub', 'models--owner--name', ...path);
const get = (options: ResolvePretrainedOptions = {}, source = 'owner/name'): Promise<string> =>
  resolvePretrained(source, { ...quick, ...options });

beforeEach(() => {
  hub.files = {
    ...small,
    'model.safetensors': weights,
    'README.md': Buffer.from('read me'),
    'picture #1: 猫.png': Buffer.from('cat'),
    'flax_model.msgpack': weights,
  };
});

describe('a model of the hub', () => {
  it("comes into Python's cache: contents, links and the commit", async () => {
    const folder = await get();
    expect(folder).toBe(inCache('snapshots', COMMIT));
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(readlinkSync(join(folder, 'model.safetensors'))).toBe(join('..', '..', 'blobs', sha256(weights)));
    expect(readFileSync(inCache('refs', 'main'), 'utf8')).toBe(COMMIT);
    expect(readdirSync(inCache('blobs'))).toHaveLength(3);
  });

  it('says how far it has come', async () => {
    const seen: HubProgress[] = [];
    await get({ onProgress: (progress) => seen.push(progress) });
    const total = weights.length + 21;
    expect(seen.at(-1)).toEqual({ file: 'model.safetensors', received: total, total });
    const received = seen.map((progress) => progress.received);
    expect(received).toEqual([...received].sort((a, b) => a - b));
  });

  it('is there the second time, and only what is new comes when it changes', async () => {
    await get();
    hub.requests.length = 0;
    await get();
    expect(hub.requests).toEqual(['GET /api/models/owner/name/revision/main']);
    hub.commit = 'b'.repeat(40);
    hub.files['config.json'] = Buffer.from('{"model_type": "y"}');
    const folder = await get();
    expect(folder).toBe(inCache('snapshots', hub.commit));
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toContain('"y"');
    expect(hub.requests.filter((line) => line.includes('/large/'))).toEqual([]);
    expect(readFileSync(inCache('refs', 'main'), 'utf8')).toBe(hub.commit);
  });

  it('comes in a revision, which may be a path', async () => {
    await get({}, 'owner/name@refs/pr/1');
    expect(hub.requests[0]).toBe('GET /api/models/owner/name/revision/refs%2Fpr%2F1');
    expect(readFileSync(inCache('refs', 'refs', 'pr', '1'), 'utf8')).toBe(COMMIT);
    await get({}, `owner/name@${COMMIT}`);
    expect(existsSync(inCache('refs', COMMIT))).toBe(false);
  });

  it('is found offline where Python put it', async () => {
    const snapshot = inCache('snapshots', COMMIT);
    for (const folder of [inCache('blobs'), inCache('refs'), snapshot]) mkdirSync(folder, { recursive: true });
    writeFileSync(inCache('refs', 'main'), COMMIT);
    for (const [name, content] of Object.entries({ ...small, 'model.safetensors': weights })) {
      writeFileSync(inCache('blobs', name), content);
      symlinkSync(join('..', '..', 'blobs', name), join(snapshot, name));
    }
    process.env['HF_HUB_OFFLINE'] = '1';
    expect(await get()).toBe(snapshot);
    expect(await get({}, `owner/name@${COMMIT}`)).toBe(snapshot);
    expect(hub.requests).toEqual([]);
  });

  it('that is not there offline, is asked for by address and path', async () => {
    const error = await get({ offline: true }).catch(String);
    expect(error).toContain(`${hub.endpoint}/owner/name/resolve/main/config.json`);
    expect(error).toContain(inCache('snapshots', 'main', 'model.safetensors'));
    mkdirSync(inCache('snapshots', 'main'), { recursive: true });
    for (const name of ['config.json', 'model.safetensors']) writeFileSync(inCache('snapshots', 'main', name), '{}');
    expect(await get({ offline: true })).toBe(inCache('snapshots', 'main'));
  });

  it('is taken from the cache where nobody answers', async () => {
    const folder = await get();
    process.env['HF_ENDPOINT'] = 'http://127.0.0.1:1';
    expect(await get({ retries: 0 })).toBe(folder);
    await expect(get({ retries: 0 }, 'owner/other')).rejects.toThrow(
      /an error of http:\/\/127\.0\.0\.1:1: .*resolve\/main/s,
    );
  });

  it('comes in several files', async () => {
    const shards = { 'model-1.safetensors': weights, 'model-2.safetensors': Buffer.from('more') };
    const index = { weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors', c: 'model-1.safetensors' } };
    hub.files = { ...small, ...shards, 'model.safetensors.index.json': Buffer.from(JSON.stringify(index)) };
    const folder = await get();
    expect(readdirSync(folder)).toHaveLength(5);
    hub.files['model.safetensors.index.json'] = Buffer.from('{"weight_map": {"a": "../config.json"}}');
    hub.commit = 'c'.repeat(40);
    await expect(get()).rejects.toThrow(/to lie in its folder, received "\.\.\/config\.json"/);
  });

  it('without safetensors is converted into the own cache', async () => {
    const file = golden('pytorch_files').cases.find(({ name }) => name === 'a module')?.file ?? '';
    hub.files = { ...small, 'pytorch_model.bin': Buffer.from(file, 'base64') };
    const folder = await get();
    expect(folder).toBe(join(hub.folder, 'own', 'converted', 'models--owner--name', COMMIT));
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    const { tensors } = await readSafetensorsHeader(join(folder, 'model.safetensors'));
    expect(Object.keys(tensors).sort()).toEqual(['embedding.weight', 'output.bias']);
    expect(await get({ offline: true })).toBe(folder);
  });

  it('is loaded by its name', async () => {
    setDevice('js');
    const made = new GPT2LMHeadModel(
      { vocab_size: 11, n_positions: 8, n_embd: 4, n_layer: 1, n_head: 2 },
      new Generator(1),
    );
    const folder = join(hub.folder, 'made');
    await savePretrained(made, folder);
    hub.files = filesIn(folder);
    let seen = 0;
    const loaded = await fromPretrained('owner/name', { onProgress: () => void seen++ });
    expect(loaded).toBeInstanceOf(GPT2LMHeadModel);
    expect(seen).toBeGreaterThan(0);
    const [[name, parameter] = []] = [...loaded.namedState()];
    const same = [...made.namedState()].find(([other]) => other === name)?.[1];
    expect([...(parameter?.dataSync() ?? [])]).toEqual([...(same?.dataSync() ?? [0])]);
    made.dispose();
    loaded.dispose();
  });
});

describe('a token', () => {
  it.each(['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'token'])(
    'of %s is shown to the hub and to nobody else',
    async (place) => {
      if (place === 'token') writeFileSync(join(hub.folder, 'token'), 'hf_secret\n');
      else process.env[place] = 'hf_secret';
      await get();
      const large = hub.requests.filter((line) => line.includes('/large/'));
      expect(large).toEqual(['GET /large/model.safetensors']);
      expect(hub.requests.filter((line) => !large.includes(line)).every((line) => line.endsWith('with token'))).toBe(
        true,
      );
    },
  );

  it('with a line break is refused, and not shown', async () => {
    process.env['HF_TOKEN'] = 'hf_a\nb: c';
    const error = await get().catch(String);
    expect(error).toMatch(/expected HF_TOKEN to be a token of the hub/);
    expect(error).not.toContain('hf_a');
  });
});

describe('a hub that refuses', () => {
  const refuse =
    (status: number, code?: string): Trouble =>
    (_, response) => {
      response.writeHead(status, code === undefined ? {} : { 'x-error-code': code }).end();
      return true;
    };

  it.each<[string, Trouble, string | undefined, RegExp]>([
    [
      'an unknown model',
      refuse(401, 'RepoNotFound'),
      undefined,
      /neither such a folder here nor such a model there.*set HF_TOKEN/,
    ],
    [
      'an unknown model to a token',
      refuse(404, 'RepoNotFound'),
      'hf_x',
      /that the account of the token in HF_TOKEN may read it/,
    ],
    ['a token', refuse(401), 'hf_x', /does not accept the token in HF_TOKEN/],
    [
      'a gated model',
      refuse(401, 'GatedRepo'),
      undefined,
      /accept their conditions at http.*\/owner\/name, make a token/,
    ],
    ['a gated model to a token', refuse(403, 'GatedRepo'), 'hf_x', /with the account of the token in HF_TOKEN/],
    ['a revision', refuse(404, 'RevisionNotFound'), undefined, /no branch, tag or commit "main"/],
  ])('%s', async (_, trouble, token, message) => {
    hub.trouble = trouble;
    if (token !== undefined) process.env['HF_TOKEN'] = token;
    const error: unknown = await get().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'HUB' });
    expect(String(error)).toMatch(message);
    expect(existsSync(inCache())).toBe(false);
  });

  it.each(['../name', 'a/b/c', '/nowhere', 'owner/..', 'owner/na--me', 'name@../x', '.hidden', 'owner/name.'])(
    'is not asked for "%s"',
    async (source) => {
      await expect(get({}, source)).rejects.toMatchObject({ code: 'PRETRAINED' });
      expect(hub.requests).toEqual([]);
    },
  );

  it.each(['../evil', 'a/../../evil', '/etc/passwd', 'a\\..\\evil', 'C:evil', 'a//b', 'evil\u0000'])(
    'names a file "%s", and nothing is fetched',
    async (name) => {
      hub.files[name] = weights;
      await expect(get()).rejects.toThrow(/expected every file of owner\/name to lie in its folder/);
      expect(hub.requests).toHaveLength(1);
    },
  );

  it.each([
    ['not JSON', '<html>'],
    ['no listing', '{}'],
    ['a commit that is a path', '{"sha": "../x", "siblings": []}'],
  ])('answers %s', async (_, text) => {
    hub.trouble = (__, response) => {
      response.end(text);
      return true;
    };
    await expect(get()).rejects.toThrow(/to list the files of a model/);
  });

  it('names a content by a path', async () => {
    hub.trouble = ({ method }, response) => {
      if (method === 'HEAD') response.writeHead(200, { etag: '"../../x"', 'content-length': 5 }).end();
      return method === 'HEAD';
    };
    await expect(get()).rejects.toThrow(/to tell its size and its ETag, received size "5" and ETag "\.\.\/\.\.\/x"/);
  });

  it('has no weights, or no configuration', async () => {
    hub.files = { ...small };
    await expect(get()).rejects.toThrow(
      /to have config\.json and weights in safetensors, .*received config\.json, tok/,
    );
    hub.files = { 'model.safetensors': weights };
    await expect(get()).rejects.toMatchObject({ code: 'HUB' });
  });
});

describe('a connection that fails', () => {
  /** Fails the first `times` requests for large files. */
  const failing = (times: number, fail: Trouble): void => {
    let left = times;
    hub.trouble = (request, response) => {
      if (request.url?.startsWith('/large/') !== true || left === 0) return false;
      left--;
      return fail(request, response);
    };
  };
  const etag = (content: Buffer): string => `"${createHash('sha1').update(content).digest('hex')}"`;
  const begin =
    (then: (response: Parameters<Trouble>[1]) => void): Trouble =>
    (_, response) => {
      response.writeHead(200, { etag: etag(weights), 'content-length': weights.length });
      response.write(weights.subarray(0, 100_000), () => then(response));
      return true;
    };
  const large = (): string[] => hub.requests.filter((line) => line.includes('/large/'));
  const expectWeights = (folder: string): void => {
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(readdirSync(inCache('blobs'))).toHaveLength(3); // nothing partial
  };

  it.each<[string, Trouble]>([
    ['breaks', begin((response) => response.destroy())],
    ['stalls', begin(() => undefined)],
  ])('%s: only the rest is asked for', async (_, fail) => {
    failing(1, fail);
    expectWeights(await get());
    expect(large()).toEqual(['GET /large/model.safetensors', expect.stringMatching(/safetensors bytes=[1-9]\d*-$/)]);
  });

  it.each([429, 500, 503])('answers %i: it is asked again', async (status) => {
    failing(2, (_, response) => {
      response.writeHead(status, { 'retry-after': '0' }).end();
      return true;
    });
    expectWeights(await get());
    expect(large()).toHaveLength(3);
  });

  it('fails for good: the rest comes the next time', async () => {
    failing(
      1,
      begin((response) => response.destroy()),
    );
    await expect(get({ retries: 0 })).rejects.toThrow(
      /to give 300000 bytes of model\.safetensors, .*goes on from there/,
    );
    expect(existsSync(inCache('snapshots', COMMIT, 'model.safetensors'))).toBe(false);
    expectWeights(await get());
    expect(large().at(-1)).toMatch(/bytes=[1-9]\d*-$/);
  });

  it('is left to another process while that is alive', async () => {
    mkdirSync(inCache('blobs'), { recursive: true });
    const nameOf = (id: number): string => {
      return inCache(
        'blobs',
        `${sha256(weights)}.${hostname().replace(/[^\w]/g, '_').slice(0, 40)}-${id}-1.incomplete`,
      );
    };
    writeFileSync(nameOf(process.ppid), weights.subarray(0, 10));
    await get();
    expect(large()).toEqual(['GET /large/model.safetensors']);
    expect(readFileSync(nameOf(process.ppid)).length).toBe(10);
  });

  it('comes back with another file: it begins anew', async () => {
    const other = Buffer.alloc(weights.length, 'changed ');
    let count = 0;
    hub.trouble = (request, response) => {
      if (request.url?.startsWith('/large/') !== true) return false;
      if (count++ === 0) {
        response.writeHead(200, { etag: etag(other), 'content-length': other.length });
        response.write(other.subarray(0, 100_000), () => response.destroy());
      } else give(hub.files, request, response);
      return true;
    };
    expectWeights(await get());
  });

  it('comes back with the rest of another file, in spite of If-Range: it begins anew', async () => {
    let count = 0;
    hub.trouble = (request, response) => {
      if (request.url?.startsWith('/large/') !== true || count++ > 1) return false;
      if (count === 1) return begin((open) => open.destroy())(request, response);
      const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0]);
      const range = `bytes ${start}-${weights.length - 1}/${weights.length}`;
      response
        .writeHead(206, { etag: '"other"', 'content-range': range })
        .end(Buffer.alloc(weights.length - start, 'x'));
      return true;
    };
    expectWeights(await get());
    expect(count).toBe(3);
  });

  it.each<[string, Trouble, RegExp]>([
    [
      'sends other bytes',
      (_, response) => !!response.end(Buffer.alloc(weights.length, 'x')),
      /with sha256 [0-9a-f]{64}, exp/,
    ],
    ['sends more', (_, response) => !!response.end(Buffer.concat([weights, weights])), /more than the expected 300000/],
    ['sends less', (_, response) => !!response.end('less'), /ended after 4 of 300000 bytes/],
  ])('%s: nothing gets the name', async (_, fail, message) => {
    failing(Infinity, fail);
    await expect(get({ retries: 1 })).rejects.toThrow(message);
    expect(existsSync(inCache('blobs', sha256(weights)))).toBe(false);
    expect(existsSync(inCache('snapshots', COMMIT, 'model.safetensors'))).toBe(false);
    expect(existsSync(inCache('refs', 'main'))).toBe(false);
  });

  it('is used twice at once: both have the model', async () => {
    failing(
      1,
      begin((response) => response.destroy()),
    );
    const folders = await Promise.all([get(), get()]);
    expect(new Set(folders).size).toBe(1);
    for (const folder of folders) expectWeights(folder);
  });
});

it('a folder is taken as it is', async () => {
  expect(await get({}, hub.folder)).toBe(hub.folder);
  expect(await get({}, dirname(hub.folder))).toBe(dirname(hub.folder));
  expect(hub.requests).toEqual([]);
});

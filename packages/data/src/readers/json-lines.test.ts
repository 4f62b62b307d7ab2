// SPDX-License-Identifier: Apache-2.0
// Tests of lines and JSON lines: what is read, whatever the pieces, and what each broken file is answered with.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { batchesOf, collect } from '../iterable-dataset.ts';
import { JsonLinesDataset, type JsonRecord } from './json-lines.ts';
import { type Line, LinesDataset } from './lines.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-lines-'));
});
afterAll(() => rm(folder, { recursive: true }));

const put = async (content: string | Uint8Array): Promise<string> => {
  await writeFile(join(folder, 'a.jsonl'), content);
  return join(folder, 'a.jsonl');
};
const all = async <T>(iterable: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const element of iterable) found.push(element);
  return found;
};
const lines = async (content: string | Uint8Array): Promise<Line[]> => all(new LinesDataset(await put(content)));

describe('LinesDataset', () => {
  it('numbers lines, drops line ends and a byte order mark', async () => {
    expect(await lines('\uFEFFa\r\n\nc')).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: '' },
      { number: 3, text: 'c' },
    ]);
    expect(await lines('a\n')).toEqual([{ number: 1, text: 'a' }]);
    expect(await lines('')).toEqual([]);
  });

  it('finds the lines of any text', async () => {
    const text = fc.array(
      fc.string({ unit: 'grapheme' }).map((line) => line.replace(/[\r\n\uFEFF]/g, '')),
      { minLength: 1 },
    );
    await fc.assert(
      fc.asyncProperty(text, async (list) => {
        expect((await lines(`${list.join('\n')}\n`)).map((line) => line.text)).toEqual(list);
      }),
      { numRuns: 50 },
    );
  });

  it('puts lines together that lie in several pieces of the file', async () => {
    const list = Array.from({ length: 9 }, (_, i) => '🐋'.repeat(i * 10_000)); // the pieces are 64 KiB and cut characters
    expect((await lines(list.join('\n'))).map(({ text }) => text)).toEqual(list);
  });

  it('begins anew each time, and may be left early', async () => {
    const dataset = new LinesDataset(await put('a\nb\nc'));
    for await (const { text } of dataset) {
      expect(text).toBe('a');
      break;
    }
    expect(await all(dataset)).toHaveLength(3);
  });

  it('names a line that is not UTF-8, one without end, and a file that is missing', async () => {
    await expect(lines(Buffer.from([0x61, 10, 0xff, 10]))).rejects.toThrow(
      `LinesDataset: expected ${join(folder, 'a.jsonl')}, line 2 to be UTF-8 text, received other bytes`,
    );
    await expect(lines(Buffer.alloc(2 ** 26 + 100_000, 'a'))).rejects.toThrow('line 1 to have at most 67108864 bytes');
    await expect(all(new LinesDataset(join(folder, 'none')))).rejects.toThrow(
      'to be a file that can be read, received no such file',
    );
    await expect(all(new LinesDataset(folder))).rejects.toThrow('received a folder');
  });
});

describe('JsonLinesDataset', () => {
  const read = (record: JsonRecord): unknown => ({
    text: record.text('text'),
    label: record.label('label', ['no', 'yes']),
    size: record.number('size'),
    row: [...record.numbers('row', 2)],
  });
  const good = { text: 'a', label: 'yes', size: 1.5, row: [1, 2] };
  const dataset = async (content: string): Promise<JsonLinesDataset<unknown>> =>
    new JsonLinesDataset(await put(content), read);
  const withField = (field: object): string => `${JSON.stringify(good)}\n${JSON.stringify({ ...good, ...field })}\n`;

  it('reads records, labels by name or id', async () => {
    const examples = await collect(await dataset(`${withField({ label: 0 })}\n   \n`));
    expect([examples.length, examples.get(0), examples.get(1)]).toEqual([
      2,
      { text: 'a', label: 1, size: 1.5, row: [1, 2] },
      { text: 'a', label: 0, size: 1.5, row: [1, 2] },
    ]);
  });

  it.each<[string, string]>([
    ['{"a"', 'line 1 to be a JSON object, received a fault: '],
    ['\n[1]', 'line 2 to be a JSON object, received a list of 1'],
    ['null', 'line 1 to be a JSON object, received null'],
    ['{"txt":"a"}', 'line 1, text to be there, received nothing. Did you mean "txt"?'],
    ['{"__proto__":{"text":"a"}}', 'line 1, text to be there, received nothing'],
    [withField({ text: 1 }), 'line 2, text to be a string, received 1'],
    [withField({ text: null }), 'line 2, text to be a string, received null'],
    [withField({ size: '1' }), 'line 2, size to be a number, received "1"'],
    [withField({ label: 'maybe' }), 'line 2, label to be a class (no, yes) or its id, received "maybe"'],
    [withField({ label: 2 }), 'line 2, label to be a class (no, yes) or its id, received 2'],
    [withField({ label: -1 }), 'label to be a class'],
    [withField({ label: 0.5 }), 'label to be a class'],
    [withField({ row: [1] }), 'line 2, row to be a list of 2 numbers, received a list of 1'],
    [withField({ row: 'x' }), 'line 2, row to be a list of 2 numbers, received "x"'],
    [withField({ row: [1, null] }), 'line 2, row[1] to be a number that float32 can hold, received null'],
    [withField({ row: [1e39, 1] }), 'line 2, row[0] to be a number that float32 can hold, received 1e+39'],
  ])('refuses %j, and collects nothing', async (content, message) => {
    await expect(collect(await dataset(content))).rejects.toThrow(message);
    await expect(collect(await dataset(content))).rejects.toMatchObject({ code: 'JSON_LINES' });
  });
});

describe('batchesOf', () => {
  const numbers = {
    async *[Symbol.asyncIterator]() {
      for (const number of [1, 2, 3, 4, 5]) yield await Promise.resolve(number);
    },
  };
  const collate = (examples: readonly number[]): number[] => [...examples];

  it('gives batches, the last one smaller or left out', async () => {
    expect(await all(batchesOf(numbers, { batchSize: 2, collate }))).toEqual([[1, 2], [3, 4], [5]]);
    expect(await all(batchesOf(numbers, { batchSize: 2, collate, dropLast: true }))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await all(batchesOf(numbers, { batchSize: 9, collate }))).toEqual([[1, 2, 3, 4, 5]]);
  });

  it('refuses wrong options', async () => {
    await expect(all(batchesOf(numbers, { batchSize: 0, collate }))).rejects.toThrow('batchSize to be an integer >= 1');
    await expect(all(batchesOf(numbers, { batchsize: 2, collate } as never))).rejects.toThrow(
      'Did you mean "batchSize"?',
    );
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of broken safetensors files: each rule of the format, then random damage. The answer is an error or the truth, and
// nothing is ever allocated on the word of the file alone.

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { NablaError } from '../errors.ts';
import { setDevice } from '../index.ts';
import { dispose, memory } from '../memory.ts';
import { readSafetensors, readSafetensorsHeader } from './index.ts';

let folder = '';
beforeAll(() => {
  setDevice('js');
  folder = mkdtempSync(join(tmpdir(), 'nabla-safetensors-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = (): string => join(folder, 'broken.safetensors');

function handmade(header: string | Uint8Array, dataBytes: number, length = BigInt(header.length)): Buffer {
  const first = Buffer.alloc(8);
  first.writeBigUInt64LE(length);
  return Buffer.concat([first, Buffer.from(header), Buffer.alloc(dataBytes)]);
}

const entry = (shape: unknown, offsets: unknown, dtype: unknown = 'F32'): string =>
  `{"dtype":${JSON.stringify(dtype)},"shape":${JSON.stringify(shape)},"data_offsets":${JSON.stringify(offsets)}}`;

/** The message about `bytes` as a file, without its beginning and its hint. */
async function complaint(bytes: Uint8Array): Promise<string> {
  writeFileSync(path(), bytes);
  const before = memory().tensors;
  const errors = await Promise.all(
    [readSafetensors, readSafetensorsHeader].map((read) => read(path()).catch((e: unknown) => e)),
  );
  expect(memory().tensors).toBe(before);
  const [error, same] = errors;
  if (!(error instanceof NablaError) || !(same instanceof NablaError)) throw new Error('the file was accepted');
  expect(error.message).toBe(same.message);
  expect(error.code).toBe('SAFETENSORS');
  expect(error.details.file).toBe(path());
  return error.message.replace('readSafetensors: expected ', '').replaceAll(`"${path()}"`, 'FILE').split('. ')[0];
}

describe('a broken file is refused', () => {
  const big = 2 ** 60;
  it.each<[string, Uint8Array, string]>([
    ['empty', Buffer.alloc(0), 'FILE to have at least 8 bytes, received 0'],
    ['cut in its length', Buffer.alloc(7), 'FILE to have at least 8 bytes, received 7'],
    ['cut in its header', handmade('{}', 0, 3n), 'FILE to have a header of at most 2 bytes, received 3'],
    [
      'with a huge header',
      handmade('{}', 0, 2n ** 64n - 1n),
      'FILE to be a safetensors file, received one that begins with "ÿÿÿÿÿÿÿÿ"',
    ],
    [
      'that is a text',
      Buffer.from('{"weight": 1}'),
      'FILE to be a safetensors file, received one that begins with "{\\"weight"',
    ],
    [
      'with an empty header',
      handmade('', 4),
      'FILE to have a JSON object as header, received an error: Unexpected end of JSON input',
    ],
    ['with a list as header', handmade('[1]', 0), 'FILE to have a JSON object as header, received [1]'],
    ['with null as header', handmade('null', 0), 'FILE to have a JSON object as header, received null'],
    ['that begins with a space', handmade(' {}', 0), 'FILE to have a JSON object as header, received {}'],
    [
      'with a name twice',
      handmade(`{"a":${entry([0], [0, 0])},"a":${entry([1], [0, 4])}}`, 4),
      'FILE to have each name once in its header, received "a" twice',
    ],
    [
      'with a name twice, once in disguise',
      handmade(`{"a":${entry([0], [0, 0])} , "\\u0061" :${entry([1], [0, 4])}}`, 4),
      'FILE to have each name once in its header, received "a" twice',
    ],
    [
      'with a field twice',
      handmade('{"a":{"dtype":"F32","shape":[0],"shape":[1],"data_offsets":[0,4]}}', 4),
      'FILE to have each name once in its header, received "shape" twice',
    ],
    [
      'with metadata that is no text',
      handmade('{"__metadata__":{"a":1}}', 0),
      'FILE to have __metadata__ of names and strings, received {"a":1}',
    ],
    [
      'with a list as metadata',
      handmade('{"__metadata__":["a"]}', 0),
      'FILE to have __metadata__ of names and strings, received ["a"]',
    ],
    ['with a number as tensor', handmade('{"a":1}', 0), 'tensor "a" of FILE to be a JSON object, received 1'],
    [
      'without dtype',
      handmade('{"a":{"shape":[],"data_offsets":[0,4]}}', 4),
      'tensor "a" of FILE to have a known dtype, received nothing',
    ],
    [
      'of an unknown dtype',
      handmade(`{"a":${entry([1], [0, 4], 'F23')}}`, 4),
      'tensor "a" of FILE to have a known dtype, received "F23"',
    ],
    [
      'of a dtype that objects inherit',
      handmade(`{"a":${entry([1], [0, 4], 'toString')}}`, 4),
      'tensor "a" of FILE to have a known dtype, received "toString"',
    ],
    [
      'of a negative shape',
      handmade(`{"a":${entry([-1, -1], [0, 4])}}`, 4),
      'tensor "a" of FILE to have a shape of integers >= 0, received [-1,-1]',
    ],
    [
      'of a broken shape',
      handmade(`{"a":${entry([0.5], [0, 2])}}`, 2),
      'tensor "a" of FILE to have a shape of integers >= 0, received [0.5]',
    ],
    [
      'of a shape that is no list',
      handmade(`{"a":${entry('4', [0, 4])}}`, 4),
      'tensor "a" of FILE to have a shape of integers >= 0, received "4"',
    ],
    [
      'of a shape that overflows',
      handmade(`{"a":${entry([2 ** 30, 2 ** 30, 2 ** 30], [0, 0])}}`, 0),
      'tensor "a" of FILE to have fewer than 2^53 bytes, received [1073741824, 1073741824, 1073741824]',
    ],
    [
      'of a shape that overflows before a zero',
      handmade(`{"a":${entry([2 ** 40, 2 ** 40, 0], [0, 0])}}`, 0),
      'tensor "a" of FILE to have fewer than 2^53 bytes, received [1099511627776, 1099511627776, 0]',
    ],
    [
      'of a length beyond exact numbers',
      handmade(`{"a":${entry([big], [0, 0])}}`, 0),
      `tensor "a" of FILE to have a shape of integers >= 0, received [${big}]`,
    ],
    [
      'with offsets backwards',
      handmade(`{"a":${entry([1], [4, 0])}}`, 4),
      'tensor "a" of FILE to have data_offsets [begin, end] with begin <= end <= 4, received [4,0]',
    ],
    [
      'with offsets outside',
      handmade(`{"a":${entry([2], [0, 8])}}`, 4),
      'tensor "a" of FILE to have data_offsets [begin, end] with begin <= end <= 4, received [0,8]',
    ],
    [
      'with one offset',
      handmade(`{"a":${entry([1], [0])}}`, 4),
      'tensor "a" of FILE to have data_offsets [begin, end] with begin <= end <= 4, received [0]',
    ],
    [
      'with too few bytes',
      handmade(`{"a":${entry([2, 3], [0, 20])}}`, 20),
      'tensor "a" of FILE to have 24 bytes for F32 of shape [2, 3], received 20',
    ],
    [
      'with an overlap',
      handmade(`{"a":${entry([2], [0, 8])},"b":${entry([2], [4, 12])}}`, 12),
      'tensor "b" of FILE to begin at byte 8 of the data, received 4: an overlap',
    ],
    [
      'with the same bytes twice',
      handmade(`{"a":${entry([1], [0, 4])},"b":${entry([1], [0, 4])}}`, 4),
      'tensor "b" of FILE to begin at byte 4 of the data, received 0: an overlap',
    ],
    [
      'with a hole',
      handmade(`{"a":${entry([1], [4, 8])}}`, 8),
      'tensor "a" of FILE to begin at byte 0 of the data, received 4: a hole',
    ],
    [
      'with bytes left over',
      handmade(`{"a":${entry([1], [0, 4])}}`, 5),
      'FILE to have 4 bytes of values after its header, received 5',
    ],
    ['with nothing but bytes', handmade('{}', 1), 'FILE to have 0 bytes of values after its header, received 1'],
  ])('%s', async (_, bytes, message) => {
    expect(await complaint(bytes)).toBe(message);
  });

  it('with a header that is no UTF-8', async () => {
    expect(await complaint(handmade(Uint8Array.of(0x7b, 0xff, 0x7d), 0))).toContain(
      'to have a JSON object as header, received an error',
    );
  });

  it('with a header that has a mark before it', async () => {
    expect(await complaint(handmade(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 0))).toContain('received an error');
  });

  it('that does not exist, or is a folder', async () => {
    const missing = join(folder, 'missing.safetensors');
    await expect(readSafetensors(missing)).rejects.toMatchObject({
      code: 'SAFETENSORS',
      message: `readSafetensors: expected "${missing}" to be a readable file, received ENOENT: no such file or directory, stat '${missing}'.`,
      cause: { code: 'ENOENT' },
    });
    await expect(readSafetensors(folder)).rejects.toMatchObject({
      code: 'SAFETENSORS',
      details: { received: 'something else' },
    });
  });

  it('with a hint', async () => {
    writeFileSync(path(), handmade(`{"a":${entry([1], [0, 4], 'BF61')}}`, 4));
    await expect(readSafetensors(path())).rejects.toThrow('Known: F64, F32, F16, BF16, I64, I32, U8, BOOL.');
    writeFileSync(path(), handmade('{}', 1));
    await expect(readSafetensors(path())).rejects.toThrow('The file is damaged or incomplete: fetch or save it again.');
  });
});

it('a header as large as readers accept is not trusted either', async () => {
  writeFileSync(path(), handmade('{}', 0, 100_000_001n));
  truncateSync(path(), 200_000_000); // a sparse file: it takes no room
  await expect(readSafetensors(path())).rejects.toMatchObject({ details: { received: '100000001' } });
  rmSync(path());
});

describe('random damage', () => {
  const text = `{"__metadata__":{"k":"v"},"first":${entry([2, 3], [0, 24])},"second":${entry([5], [24, 29], 'BOOL')},"third":${entry([2], [32, 48], 'I64')},"pad":${entry([3], [29, 32], 'U8')}}`;
  const whole = handmade(text, 48);

  const edit = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), at: fc.nat(whole.length - 1), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant('flip' as const), at: fc.nat(whole.length - 1), byte: fc.nat(7) }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(whole.length), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant('remove' as const), at: fc.nat(whole.length - 1), byte: fc.nat(20) }),
    // a digit or a sign of the header: what makes sizes and offsets lie
    fc.record({
      kind: fc.constant('set' as const),
      at: fc.integer({ min: 8, max: text.length }),
      byte: fc.constantFrom(...Buffer.from('0123456789-e.[],')),
    }),
    fc.record({
      kind: fc.constant('insert' as const),
      at: fc.integer({ min: 8, max: text.length }),
      byte: fc.constantFrom(...Buffer.from('0123456789-e.')),
    }),
  );
  type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

  function damage(bytes: Uint8Array, { kind, at, byte }: Edit): Uint8Array {
    const before = bytes.subarray(0, at);
    if (kind === 'insert') return Buffer.concat([before, Uint8Array.of(byte), bytes.subarray(at)]);
    if (kind === 'remove') return Buffer.concat([before, bytes.subarray(at + byte + 1)]);
    const changed = Uint8Array.from(bytes);
    if (at < changed.length) changed[at] = kind === 'set' ? byte : changed[at] ^ (1 << byte);
    return changed;
  }

  it('gives an error of ours, or tensors that fit the file', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.boolean(), async (edits, keepLength) => {
        let bytes: Uint8Array = edits.reduce(damage, whole);
        if (keepLength && bytes.length >= 8) {
          bytes = Uint8Array.from(bytes); // the header's end moves with the edits, so that they reach the checks behind
          new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.max(0, bytes.length - 8 - 48)), true);
        }
        writeFileSync(path(), bytes);
        const before = process.memoryUsage().arrayBuffers;
        const tensors = memory().tensors;
        const result = await readSafetensors(path()).catch((error: unknown) => error);
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20); // the piece of 1 MiB and small change
        if (result instanceof NablaError) {
          refused++;
          expect(result.code).toBe('SAFETENSORS');
          expect(memory().tensors).toBe(tensors);
          return;
        }
        const { tensors: read } = result as Awaited<ReturnType<typeof readSafetensors>>;
        const total = Object.values(read).reduce((sum, { size }) => sum + size, 0);
        expect(total).toBeLessThanOrEqual(bytes.length);
        dispose(read);
      }),
      { seed: 5, numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(200);
  });
});

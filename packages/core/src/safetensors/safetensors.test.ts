// SPDX-License-Identifier: Apache-2.0
// Tests of safetensors files: the bytes themselves, every conversion, round trips, and writing that fails midway.

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { setDevice } from '../index.ts';
import { dispose, memory } from '../memory.ts';
import { type Tensor, scalar, tensor, tensor1d, tensor2d, variable, zeros } from '../tf.ts';
import { readSafetensors, readSafetensorsHeader, readSafetensorsInto, writeSafetensors } from './index.ts';

let folder = '';
beforeAll(() => {
  setDevice('js');
  folder = mkdtempSync(join(tmpdir(), 'nabla-safetensors-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = (): string => join(folder, 'model.safetensors');
const values = (x: Tensor): number[] => [...(x.dataSync() as Float32Array)];

/** A file from a header as text and the bytes of its values, written by hand. */
function handmade(header: string, data: readonly number[] | Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), Buffer.from(data)]);
}

describe('the bytes', () => {
  it('are those that the format describes', async () => {
    const tensors = {
      mask: tensor1d([true, false, true]),
      weight: tensor2d([[1.5, -2]]),
      steps: scalar(258, 'int32'),
    };
    await writeSafetensors(path(), tensors, { format: 'pt' });
    const header =
      '{"__metadata__":{"format":"pt"},' +
      '"weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},' +
      '"steps":{"dtype":"I32","shape":[],"data_offsets":[8,12]},' +
      '"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[12,15]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const data = [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 2, 1, 0, 0, 1, 0, 1]; // 1.5 = 0x3fc00000, -2 = 0xc0000000, 258, true false true
    expect(readFileSync(path()).equals(handmade(padded, data))).toBe(true);
    dispose(tensors);
  });

  it('are read whatever the order and the spaces', async () => {
    const header =
      ' \n{"b":{"shape":[2],"data_offsets":[4,12],"dtype":"F32"},\t"a":{"dtype":"I32","shape":[1,1],"data_offsets":[0,4]}}  ';
    writeFileSync(path(), handmade(header.trimStart(), [255, 255, 255, 255, 0, 0, 128, 63, 0, 0, 0, 64]));
    const { tensors, metadata } = await readSafetensors(path());
    expect(Object.keys(tensors)).toEqual(['b', 'a']);
    expect([tensors.a.shape, tensors.a.dtype, values(tensors.a)]).toEqual([[1, 1], 'int32', [-1]]);
    expect([tensors.b.shape, tensors.b.dtype, values(tensors.b)]).toEqual([[2], 'float32', [1, 2]]);
    expect(metadata).toEqual({});
    dispose(tensors);
  });

  it('need not contain a tensor', async () => {
    await writeSafetensors(path(), {});
    expect(readFileSync(path()).equals(handmade('{}      ', []))).toBe(true);
    expect(await readSafetensors(path())).toEqual({ tensors: {}, metadata: {} });
  });

  it('are described without being read', async () => {
    await writeSafetensors(path(), { a: zeros([2, 0]), b: zeros([3]) }, { step: '7' });
    const header = await readSafetensorsHeader(path());
    expect(header.tensors).toEqual({
      a: { dtype: 'F32', shape: [2, 0], offsets: [0, 0] },
      b: { dtype: 'F32', shape: [3], offsets: [0, 12] },
    });
    expect(header.metadata).toEqual({ step: '7' });
    expect(header.dataStart % 8).toBe(0);
  });
});

describe('conversions', () => {
  const convert = async (dtype: string, array: ArrayBufferView & ArrayLike<unknown>): Promise<Tensor> => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const entry = { dtype, shape: [array.length], data_offsets: [0, bytes.length] };
    writeFileSync(path(), handmade(JSON.stringify({ x: entry }), bytes));
    return (await readSafetensors(path())).tensors.x;
  };

  it.each<[string, ArrayBufferView & ArrayLike<unknown>, string, number[]]>([
    ['F64', Float64Array.of(1 / 3, -1e300, 2), 'float32', [Math.fround(1 / 3), -Infinity, 2]],
    ['F32', Float32Array.of(1.5, NaN, -0), 'float32', [1.5, NaN, -0]],
    [
      'F16',
      Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x3555),
      'float32',
      [1, -2, 65504, 2 ** -24, -0, 0.333251953125],
    ],
    ['F16', Uint16Array.of(0x7c00, 0xfc00, 0x7e00, 0x03ff), 'float32', [Infinity, -Infinity, NaN, 1023 * 2 ** -24]],
    ['BF16', Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x0001), 'float32', [1, -2, Infinity, 2 ** -133]],
    ['I64', BigInt64Array.of(5n, -5n, 2147483647n, -2147483648n), 'int32', [5, -5, 2147483647, -2147483648]],
    ['I32', Int32Array.of(1, -2147483648), 'int32', [1, -2147483648]],
    ['U8', Uint8Array.of(0, 255), 'int32', [0, 255]],
    ['BOOL', Uint8Array.of(0, 1), 'bool', [0, 1]],
  ])('%s becomes what it means', async (dtype, array, expectedType, expected) => {
    const x = await convert(dtype, array);
    expect(x.dtype).toBe(expectedType);
    expect(values(x)).toEqual(expected);
    x.dispose();
  });

  it.each<[string, ArrayBufferView & ArrayLike<unknown>, string]>([
    ['I64', BigInt64Array.of(0n, 2147483648n), '2147483648, which 32 bits cannot hold'],
    ['I64', BigInt64Array.of(-2147483649n), '-2147483649, which 32 bits cannot hold'],
    ['BOOL', Uint8Array.of(0, 2), '2 as a truth value'],
  ])('%s is refused where it does not fit', async (dtype, array, received) => {
    const before = memory().tensors;
    await expect(convert(dtype, array)).rejects.toMatchObject({
      code: 'SAFETENSORS',
      details: { tensor: 'x', received },
    });
    expect(memory().tensors).toBe(before);
  });

  it('works across the pieces in which a file is read', async () => {
    const array = BigInt64Array.from({ length: 300_001 }, (_, i) => BigInt(i * 7000 - 2 ** 30)); // 2.3 pieces
    const x = await convert('I64', array);
    expect((x.dataSync() as Int32Array).every((value, i) => value === i * 7000 - 2 ** 30)).toBe(true);
    x.dispose();
  });
});

describe('round trips', () => {
  it('give back names, shapes, types, values and metadata', async () => {
    const element = { float32: fc.float(), int32: fc.integer(), bool: fc.nat(1) };
    const anyTensor = fc
      .tuple(fc.constantFrom('float32', 'int32', 'bool'), fc.array(fc.nat(4), { maxLength: 4 }))
      .chain(([dtype, shape]) => {
        const length = shape.reduce((product, axis) => product * axis, 1);
        const elements = fc.array<number>(element[dtype], { minLength: length, maxLength: length });
        return elements.map((list) => ({ dtype, shape, list }));
      });
    const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__');
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(names, anyTensor),
        fc.dictionary(fc.string(), fc.string()),
        async (described, metadata) => {
          const made = Object.entries(described).map(([name, { dtype, shape, list }]) => {
            const array = dtype === 'float32' ? Float32Array.from(list) : Int32Array.from(list);
            return [name, tensor(dtype === 'bool' ? Uint8Array.from(list) : array, shape, dtype)] as const;
          });
          await writeSafetensors(path(), Object.fromEntries(made), metadata);
          const back = await readSafetensors(path());
          expect(Object.keys(back.tensors).sort()).toEqual(Object.keys(described).sort());
          for (const [name, original] of made) {
            const copy = back.tensors[name];
            expect([copy.dtype, copy.shape]).toEqual([original.dtype, original.shape]);
            expect(copy.dataSync()).toEqual(original.dataSync());
          }
          expect(Object.entries(back.metadata)).toEqual(Object.entries(metadata));
          dispose(made, back);
        },
      ),
      { seed: 4, numRuns: 60 },
    );
  });

  it('keep a tensor named __proto__', async () => {
    const tensors = Object.fromEntries([['__proto__', scalar(3)]]);
    await writeSafetensors(path(), tensors);
    const back = await readSafetensors(path());
    expect(Object.entries(back.tensors).map(([name, x]) => [name, values(x)])).toEqual([['__proto__', [3]]]);
    dispose(tensors, back);
  });

  it('write variables', async () => {
    const parameter = variable(tensor1d([1, 2]));
    await writeSafetensors(path(), { parameter });
    expect(values((await readSafetensors(path())).tensors.parameter)).toEqual([1, 2]);
    parameter.dispose();
  });
});

describe('writing', () => {
  const handlePrototype = async (): Promise<FileHandle> => {
    const handle = await open(folder, 'r');
    await handle.close();
    return Object.getPrototypeOf(handle) as FileHandle;
  };

  /** Writes a good file, then one whose writing fails in `method` at its `nth` call; the good one must survive. */
  const failsAt = async (method: 'writeFile' | 'sync' | 'close', nth: number): Promise<void> => {
    const old = { a: tensor1d([1, 2, 3]) };
    await writeSafetensors(path(), old);
    const before = readFileSync(path());
    const prototype = await handlePrototype();
    const original = prototype[method] as (this: FileHandle, ...rest: unknown[]) => Promise<void>;
    let calls = 0;
    const spy = jest.spyOn(prototype, method).mockImplementation(async function (this: FileHandle, ...rest: unknown[]) {
      if (++calls !== nth) return original.apply(this, rest);
      const message = 'ENOSPC: no space left on device, write';
      throw Object.assign(new Error(message), { code: 'ENOSPC', syscall: 'write', errno: -28 });
    });
    try {
      await expect(writeSafetensors(path(), { a: zeros([9]), b: zeros([5]) })).rejects.toMatchObject({
        name: 'ArgumentError',
        code: 'SAFETENSORS',
        message:
          `writeSafetensors: expected "${path()}" to be writable, received ENOSPC: no space left on device, write. ` +
          'The previous file, if there was one, is unchanged.',
        cause: { code: 'ENOSPC' },
      });
    } finally {
      spy.mockRestore();
    }
    expect(readFileSync(path()).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  };

  it('that finds the disk full at the header keeps the old file', () => failsAt('writeFile', 1));
  it('that finds the disk full at the last tensor keeps the old file', () => failsAt('writeFile', 3));
  it('that finds the disk full at the end keeps the old file', () => failsAt('sync', 1));

  it('of values that cannot be had keeps the old file', async () => {
    await writeSafetensors(path(), { a: scalar(1) });
    const before = readFileSync(path());
    const lost = scalar(2);
    lost.dispose();
    await expect(writeSafetensors(path(), { a: scalar(1), lost })).rejects.toMatchObject({ code: 'SAFETENSORS' });
    expect(readFileSync(path()).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  it('needs a folder', async () => {
    const missing = join(folder, 'missing', 'model.safetensors');
    await expect(writeSafetensors(missing, {})).rejects.toMatchObject({
      code: 'SAFETENSORS',
      cause: { code: 'ENOENT' },
    });
  });

  it('refuses what the format cannot hold', async () => {
    const refusal = async (tensors: object, metadata: object = {}): Promise<string> =>
      writeSafetensors(path(), tensors as Record<string, Tensor>, metadata as Record<string, string>).then(
        () => 'written',
        (error: { code: string }) => error.code,
      );
    expect(await refusal({ words: tensor(['a', 'b']) })).toBe('DTYPE');
    expect(await refusal({ a: [1, 2] })).toBe('TENSOR');
    expect(await refusal({ __metadata__: scalar(1) })).toBe('SAFETENSORS');
    expect(await refusal({}, { step: 3 })).toBe('ARGUMENT');
  });

  it('of one path twice at once leaves one whole file', async () => {
    const [ones, twos] = [zeros([1000]), zeros([2000])];
    await Promise.all([writeSafetensors(path(), { x: ones }), writeSafetensors(path(), { x: twos })]);
    const { tensors } = await readSafetensors(path());
    expect([1000, 2000]).toContain(tensors.x.size);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
    dispose(tensors, ones, twos);
  });
});

describe('reading into tensors that exist', () => {
  it.each(['js', 'cpu'] as const)('gives on %s what reading gives, in whatever type the file has', async (device) => {
    setDevice(device);
    const long = tensor1d(Float32Array.from({ length: 700_001 }, (_, i) => i % 1024)); // three pieces of F32
    await writeSafetensors(
      path(),
      { long, one: scalar(3), none: zeros([0, 2]), left: tensor1d([1]) },
      {},
      { dtype: 'F16' },
    );
    const targets = { long: zeros([700_001]), one: scalar(0), none: zeros([0, 2]) };
    await readSafetensorsInto(path(), targets);
    expect(targets.long.dataSync()).toEqual(long.dataSync());
    expect(values(targets.one)).toEqual([3]);
    dispose(long, targets);
    setDevice('js');
  });

  it('refuses a name or shape that is not in the file, before anything is written', async () => {
    await writeSafetensors(path(), { weight: tensor2d([[1, 2]]), bias: tensor1d([1]) });
    const weight = zeros([1, 2]);
    await expect(readSafetensorsInto(path(), { weight, bais: zeros([1]) })).rejects.toThrow(/"bais".*"bias"/);
    await expect(readSafetensorsInto(path(), { weight, bias: zeros([2]) })).rejects.toThrow(/float32 \[2\].*F32 \[1\]/);
    expect(values(weight)).toEqual([0, 0]);
  });
});

it('stores single tensors in types of their own', async () => {
  const tensors = { weight: tensor1d([1, 0.1]), scale: tensor1d([0.1]) };
  await writeSafetensors(path(), tensors, {}, { dtype: 'BF16', dtypes: { scale: 'F32' } });
  const { tensors: written } = await readSafetensorsHeader(path());
  expect([written.weight.dtype, written.scale.dtype]).toEqual(['BF16', 'F32']);
  await expect(writeSafetensors(path(), tensors, {}, { dtypes: { scale: 'I32' } })).rejects.toThrow(/type of "scale"/);
  dispose(tensors);
});

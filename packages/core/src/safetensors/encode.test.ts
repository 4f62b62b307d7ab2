// SPDX-License-Identifier: Apache-2.0
// Tests of element types in safetensors files: files laid out in Python with PyTorch's conversions, and what does not fit.

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { golden } from '@nabla/testing';
import fc from 'fast-check';
import { setDevice } from '../index.ts';
import { dispose } from '../memory.ts';
import { type Tensor, tensor, tensor1d } from '../tf.ts';
import { type WriteSafetensorsOptions, readSafetensors, readSafetensorsHeader, writeSafetensors } from './index.ts';

let folder = '';
beforeAll(() => {
  setDevice('js');
  folder = mkdtempSync(join(tmpdir(), 'nabla-safetensors-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = (): string => join(folder, 'model.safetensors');
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
const optionsOf = (type: string): WriteSafetensorsOptions => {
  if (['F64', 'F16', 'BF16'].includes(type)) return { dtype: type as 'F16' };
  return ['I64', 'U8'].includes(type) ? { integerDtype: type as 'I64' } : {};
};

/** The values of a fixture as a typed array of its element type. */
function valuesOf(text: string, dtype: string): Float32Array | Int32Array | Uint8Array {
  const { buffer } = Uint8Array.from(bytesOf(text));
  if (dtype === 'float32') return new Float32Array(buffer);
  return dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
}
const roundTrip = async (x: Tensor, options: WriteSafetensorsOptions): Promise<number[]> => {
  await writeSafetensors(path(), { x }, {}, options);
  const { tensors } = await readSafetensors(path());
  const values = [...(tensors.x.dataSync() as Float32Array)];
  dispose(x, tensors);
  return values;
};

describe.each(golden('safetensors').cases)('$name from PyTorch', ({ name, dtype, shape, values, restored, file }) => {
  it('is read as PyTorch reads it', async () => {
    writeFileSync(path(), bytesOf(file));
    expect((await readSafetensorsHeader(path())).tensors.x.dtype).toBe(name);
    const { x } = (await readSafetensors(path())).tensors;
    expect([x.dtype, x.shape]).toEqual([dtype, shape]);
    expect(x.dataSync()).toEqual(valuesOf(restored, dtype));
    x.dispose();
  });

  it('is written byte for byte as Python writes it', async () => {
    const x = tensor(valuesOf(values, dtype), shape, dtype);
    await writeSafetensors(path(), { x }, {}, optionsOf(name));
    expect(readFileSync(path()).equals(bytesOf(file))).toBe(true);
    x.dispose();
  });
});

describe('types of fewer bytes', () => {
  it.each(['F16', 'BF16'] as const)('%s holds the nearest value, which it gives back', async (dtype) => {
    const bits = dtype === 'F16' ? 11 : 8;
    const range = { min: -60000, max: 60000, noNaN: true };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.float(range), { minLength: 1, maxLength: 40 }), async (list) => {
        const once = await roundTrip(tensor1d(list), { dtype });
        once.forEach((value, i) => {
          const spacing = Math.max(
            2 ** (Math.floor(Math.log2(Math.abs(list[i]) || 1e-300)) - bits + 1),
            2 ** (dtype === 'F16' ? -24 : -133),
          );
          expect(Math.abs(value - list[i])).toBeLessThanOrEqual(spacing / 2);
        });
        expect(await roundTrip(tensor1d(once), { dtype })).toEqual(once);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['F16', 'BF16', 'F64'] as const)('%s keeps NaN, infinities and zeros', async (dtype) => {
    const list = [NaN, Infinity, -Infinity, 0, -0];
    expect(await roundTrip(tensor1d(list), { dtype })).toEqual(list);
  });

  it('keep every value aligned: wider types come first', async () => {
    const tensors = { mask: tensor1d([true]), x: tensor1d([1, 2, 3]), ids: tensor1d([5, -6], 'int32') };
    await writeSafetensors(path(), tensors, {}, { dtype: 'F16', integerDtype: 'I64' });
    const { tensors: entries } = await readSafetensorsHeader(path());
    expect(Object.entries(entries).map(([name, { dtype, offsets }]) => [name, dtype, offsets])).toEqual([
      ['ids', 'I64', [0, 16]],
      ['x', 'F16', [16, 22]],
      ['mask', 'BOOL', [22, 23]],
    ]);
    dispose(tensors);
  });

  it('work across the pieces in which values are written', async () => {
    const list = Int32Array.from({ length: 600_001 }, (_, i) => i * 3000 - 2 ** 30); // 2.3 pieces
    const x = tensor1d(list, 'int32');
    await writeSafetensors(path(), { x }, {}, { integerDtype: 'I64' });
    const { tensors } = await readSafetensors(path());
    expect(tensors.x.dataSync()).toEqual(list);
    dispose(x, tensors);
  });

  it('hold nothing, too', async () => {
    expect(await roundTrip(tensor1d([]), { dtype: 'F16' })).toEqual([]);
  });
});

describe('what does not fit', () => {
  it.each<[number[], 'float32' | 'int32', WriteSafetensorsOptions, string]>([
    [
      [1, 65520],
      'float32',
      { dtype: 'F16' },
      'tensor "x" to fit F16, received 65520 at element 1. Choose another type',
    ],
    [[-1e30], 'float32', { dtype: 'F16' }, 'to fit F16, received -1.0000000150474662e+30 at element 0'],
    [[3.4e38], 'float32', { dtype: 'BF16' }, 'to fit BF16'],
    [[0, 1, 256], 'int32', { integerDtype: 'U8' }, 'to fit U8, received 256 at element 2'],
    [[-1], 'int32', { integerDtype: 'U8' }, 'to fit U8, received -1 at element 0'],
  ])('is refused: %p as %s with %j, and the old file stays', async (list, dtype, options, message) => {
    await roundTrip(tensor1d([7]), {});
    const before = readFileSync(path());
    const x = tensor1d(list, dtype);
    const failure = expect(writeSafetensors(path(), { x }, {}, options)).rejects;
    await failure.toThrow(message);
    expect(readFileSync(path()).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
    x.dispose();
  });

  it('65519.99 is the last number that rounds to a finite F16', async () => {
    expect(await roundTrip(tensor1d([65519.99, -65519.99]), { dtype: 'F16' })).toEqual([65504, -65504]);
  });

  it('options it does not know are refused', async () => {
    const write = (options: object): Promise<void> => writeSafetensors(path(), {}, {}, options);
    await expect(write({ dtype: 'F8' })).rejects.toThrow(
      'dtype to be one of "F32", "F16", "BF16", "F64", received "F8"',
    );
    await expect(write({ integerDtype: 'I16' })).rejects.toThrow('integerDtype to be one of "I32", "I64", "U8"');
    await expect(write({ dtypes: 'F16' })).rejects.toThrow('Did you mean "dtype"?');
  });
});

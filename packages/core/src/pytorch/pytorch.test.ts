// SPDX-License-Identifier: Apache-2.0
// Tests of files that PyTorch wrote: every element type, views and ties, both formats; and what in them is refused.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describeWithData, golden } from '@nabla/testing';

import { setDevice } from '../device.ts';
import { dispose, memory } from '../memory.ts';
import { type TensorSource, asFloatType, readSafetensors, writeSafetensorsFrom } from '../safetensors/index.ts';
import { openPyTorch, readPyTorch } from './index.ts';
import { dictOf, pickle, tensor, useFolder, word, writeArchive } from './test-files.ts';

beforeAll(() => {
  setDevice('js');
});
const path = useFolder();

async function bytesOf(source: TensorSource | undefined): Promise<Buffer> {
  const pieces: Buffer[] = [];
  if (source !== undefined) for await (const piece of source.pieces()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const { cases } = golden('pytorch_files');

describe('files of torch.save', () => {
  it.each(cases.filter(({ tensors }) => tensors !== undefined))('$name', async ({ file, tensors = {} }) => {
    writeFileSync(path('model.pt'), Buffer.from(file, 'base64'));
    const read = (await openPyTorch(path('model.pt'))).tensors;
    expect(Object.keys(read)).toEqual(Object.keys(tensors));
    for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
      expect({ name, dtype: read[name].dtype, shape: read[name].shape }).toEqual({ name, dtype, shape });
      expect({ name, bytes: (await bytesOf(read[name])).toString('base64') }).toEqual({ name, bytes });
    }
  });

  it.each(cases.filter(({ error }) => error !== undefined))('$name is refused', async ({ file, error = '' }) => {
    writeFileSync(path('model.pt'), Buffer.from(file, 'base64'));
    const refusal: unknown = await openPyTorch(path('model.pt')).catch((reason: unknown) => reason);
    expect(refusal).toMatchObject({ code: 'PICKLE', details: { file: path('model.pt') } });
    expect(String(refusal)).toContain(error);
  });

  it('tell which tensors are one', async () => {
    for (const name of ['a module', 'the format before 1.6 with ties']) {
      const { file = '' } = cases.find((one) => one.name === name) ?? {};
      writeFileSync(path('tied.pt'), Buffer.from(file, 'base64'));
      expect((await openPyTorch(path('tied.pt'))).shared).toEqual({ 'output.weight': 'embedding.weight' });
    }
  });

  it('become tensors, and the same as by way of safetensors', async () => {
    const { file = '' } = cases.find(({ name }) => name === 'every type') ?? {};
    writeFileSync(path('types.pt'), Buffer.from(file, 'base64'));
    const before = memory().tensors;
    const direct = await readPyTorch(path('types.pt'));
    await writeSafetensorsFrom(path('types.safetensors'), (await openPyTorch(path('types.pt'))).tensors);
    const { tensors } = await readSafetensors(path('types.safetensors'));
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(direct).sort());
    for (const [name, { dtype, shape }] of Object.entries(direct)) {
      expect({ name, dtype: tensors[name].dtype, shape: tensors[name].shape }).toEqual({ name, dtype, shape });
      expect([...tensors[name].dataSync()]).toEqual([...direct[name].dataSync()]);
    }
    dispose(direct, tensors);
    expect(memory().tensors).toBe(before);
  });

  it('free what they have read when an integer does not fit', async () => {
    const storage = pickle('(', word('storage'), 'ctorch\nLongStorage\n', word('0'), word('cpu'), 'K', 1, 'tQ');
    const long = pickle('ctorch._utils\n_rebuild_tensor_v2\n(', storage, 'K', 0, 'K', 1, 0x85, 'K', 1, 0x85, 'tR');
    const both = pickle(0x80, 2, '}(', word('a'), tensor('1', 1, 0, [1], [1]), word('x'), long, 'u.');
    const value = Buffer.alloc(8, 0x7f);
    writeArchive(path('long.pt'), { 'm/data.pkl': both, 'm/data/0': value, 'm/data/1': Buffer.alloc(4) });
    const before = memory().tensors;
    await expect(readPyTorch(path('long.pt'))).rejects.toThrow(/tensor "x" .* received 9187201950435737471, which 32/);
    expect(memory().tensors).toBe(before);
  });
});

describe('large files', () => {
  it('of more than 4 GiB are read behind that too', async () => {
    const behind = Buffer.from(Float32Array.of(1.5, -2).buffer);
    const state = dictOf(tensor('1', 2, 0, [2], [1]));
    writeArchive(path('large.pt'), { 'm/data/0': 2 ** 32 + 64, 'm/data/1': behind, 'm/data.pkl': state });
    const { tensors } = await openPyTorch(path('large.pt'));
    expect((await bytesOf(tensors['x'])).equals(behind)).toBe(true);
  });

  it('come in pieces, turned or not', async () => {
    const [rows, columns] = [700, 900];
    const values = Float32Array.from({ length: rows * columns }, (_, i) => i);
    const state = pickle(
      ...[0x80, 2, '}(', word('as it is'), tensor('0', values.length, 0, [rows, columns], [columns, 1])],
      ...[word('turned'), tensor('0', values.length, 0, [columns, rows], [1, columns]), 'u.'],
    );
    writeArchive(path('pieces.pt'), { 'm/data.pkl': state, 'm/data/0': Buffer.from(values.buffer) });
    const { tensors } = await openPyTorch(path('pieces.pt'));
    for (const [name, at] of [
      ['as it is', (i: number) => i],
      ['turned', (i: number) => (i % rows) * columns + Math.floor(i / rows)],
    ] as const) {
      let largest = 0;
      for await (const piece of tensors[name].pieces()) largest = Math.max(largest, piece.length);
      expect(largest).toBe(2 ** 20);
      const { buffer, byteOffset } = await bytesOf(tensors[name]);
      const read = new Float32Array(buffer.slice(byteOffset, byteOffset + values.byteLength));
      expect(read.findIndex((value, i) => value !== at(i))).toBe(-1);
    }
  });

  it('are rounded to another type piece by piece', async () => {
    const values = Float32Array.from({ length: 300_000 }, (_, i) => 1 + i * 2 ** -20);
    const state = dictOf(tensor('0', values.length, 0, [values.length], [1]));
    writeArchive(path('half.pt'), { 'm/data.pkl': state, 'm/data/0': Buffer.from(values.buffer) });
    const { x } = (await openPyTorch(path('half.pt'))).tensors;
    await writeSafetensorsFrom(path('half.safetensors'), { x: asFloatType(x, 'BF16', 'x') });
    const { tensors } = await readSafetensors(path('half.safetensors'));
    const read = tensors['x'].dataSync();
    const step = 2 ** -7; // 8 bits of a number between 1 and 2
    const wrong = read.findIndex((value, i) => Math.abs(value - values[i]) > step / 2 || value % step !== 0);
    expect(wrong).toBe(-1);
    dispose(tensors);
  });

  it('with a value too great for the type are not written', async () => {
    const state = dictOf(tensor('0', 2, 0, [2], [1]));
    writeArchive(path('great.pt'), {
      'm/data.pkl': state,
      'm/data/0': Buffer.from(Float32Array.of(1, 70000).buffer),
    });
    const { x } = (await openPyTorch(path('great.pt'))).tensors;
    const writing = writeSafetensorsFrom(path('great.safetensors'), { x: asFloatType(x, 'F16', 'x') });
    await expect(writing).rejects.toThrow('expected tensor "x" to fit F16, received 70000.');
  });
});

describeWithData("PyTorch's trained CNN", 'mnist-cnn-pytorch', (trained) => {
  it('has the bytes that PyTorch reads, under the names of its twin in safetensors', async () => {
    const { tensors, shared } = await openPyTorch(join(trained, 'mnist.pt'));
    const twin = await readSafetensors(join(trained, 'mnist.safetensors'));
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(twin.tensors).sort());
    for (const [name, { shape }] of Object.entries(twin.tensors)) expect(tensors[name].shape).toEqual(shape);
    expect(shared).toEqual({});
    const hash = createHash('sha256');
    for (const name of Object.keys(tensors).sort()) hash.update(await bytesOf(tensors[name]));
    // torch 1.13: hashlib.sha256(b''.join(state[name].numpy().tobytes() for name in sorted(state)))
    expect(hash.digest('hex')).toBe('cc03a9db0d6281d3bcef193611430c3ba3faa0eb975bf3969a3a8837ff583ad8');
    dispose(twin);
  });
});

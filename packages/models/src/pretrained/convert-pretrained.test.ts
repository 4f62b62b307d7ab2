// SPDX-License-Identifier: Apache-2.0
// Tests of the conversion of PyTorch's weights: names, types, ties, several files; and that nothing is half written.

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { dispose, readSafetensors, readSafetensorsHeader, setDevice } from '@nabla/core';
import { golden } from '@nabla/testing';

import { convertPretrained } from './convert-pretrained.ts';

const { cases } = golden('pytorch_files');
const fileOf = (name: string): Buffer => Buffer.from(cases.find((one) => one.name === name)?.file ?? '', 'base64');

let folder = '';
const path = (name: string): string => join(folder, name);
beforeAll(() => {
  setDevice('js');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nabla-convert-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a folder with pytorch_model.bin', () => {
  it('gets model.safetensors, with tied tensors once', async () => {
    writeFileSync(path('pytorch_model.bin'), fileOf('a module'));
    const { files, shared } = await convertPretrained(folder);
    expect(files).toEqual([path('model.safetensors')]);
    expect(shared).toEqual({ 'output.weight': 'embedding.weight' });
    const { tensors, metadata } = await readSafetensorsHeader(path('model.safetensors'));
    expect(metadata).toEqual({ format: 'pt', 'output.weight': 'embedding.weight' });
    expect(Object.keys(tensors).sort()).toEqual(['embedding.weight', 'output.bias']);
    expect(readdirSync(folder).sort()).toEqual(['model.safetensors', 'pytorch_model.bin']);
  });

  it('is left alone where it has weights, until it is forced', async () => {
    writeFileSync(path('pytorch_model.bin'), fileOf('a module'));
    writeFileSync(path('model.safetensors'), 'old');
    await expect(convertPretrained(folder)).rejects.toThrow(
      /expected the target to have no weights yet, received ".*model\.safetensors"\. To replace it: --force/,
    );
    expect(readFileSync(path('model.safetensors'), 'utf8')).toBe('old');
    await convertPretrained(folder, { force: true });
    expect((await readSafetensorsHeader(path('model.safetensors'))).metadata['format']).toBe('pt');
  });

  it('becomes several files with an index, whose values are those of one', async () => {
    writeFileSync(path('pytorch_model.bin'), fileOf('every type'));
    const seen: number[] = [];
    const { files } = await convertPretrained(folder, {
      target: path('parts'),
      shardBytes: 60,
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    const { weight_map: map, metadata } = JSON.parse(
      readFileSync(path('parts/model.safetensors.index.json'), 'utf8'),
    ) as { weight_map: Record<string, string>; metadata: object };
    expect(readdirSync(path('parts')).sort()).toEqual([...new Set(Object.values(map)), 'model.safetensors.index.json']);
    expect(files).toHaveLength(4);
    expect(Object.values(map)[0]).toBe('model-00001-of-00003.safetensors');
    expect(metadata).toEqual({ total_size: 48 + 12 + 10 + 8 + 32 + 8 + 3 + 3 + 4 });
    expect([seen[0], seen.at(-1)]).toEqual([0, 1]);
    await convertPretrained(folder, { target: path('one') });
    const whole = (await readSafetensors(path('one/model.safetensors'))).tensors;
    expect(Object.keys(map).sort()).toEqual(Object.keys(whole).sort());
    for (const [name, file] of Object.entries(map)) {
      const { tensors } = await readSafetensors(path(`parts/${file}`));
      expect([...(tensors[name]?.dataSync() ?? [])]).toEqual([...(whole[name]?.dataSync() ?? [])]);
      dispose(tensors);
    }
    dispose(whole);
    await convertPretrained(folder, { target: path('parts'), force: true });
    expect(existsSync(path('parts/model.safetensors.index.json'))).toBe(false);
  });

  it('takes configuration and tokenizer along to another folder', async () => {
    writeFileSync(path('pytorch_model.bin'), fileOf('a module'));
    for (const name of ['config.json', 'vocab.txt', 'notes.txt']) writeFileSync(path(name), name);
    await convertPretrained(folder, { target: path('there') });
    expect(readdirSync(path('there')).sort()).toEqual(['config.json', 'model.safetensors', 'vocab.txt']);
  });

  it('is refused when it is hostile, and nothing is left behind', async () => {
    writeFileSync(path('pytorch_model.bin'), fileOf('harm'));
    await expect(convertPretrained(folder, { target: path('there') })).rejects.toMatchObject({ code: 'PICKLE' });
    expect(readdirSync(folder)).toEqual(['pytorch_model.bin']);
  });
});

describe('several files with an index', () => {
  const index = (map: Record<string, string>): void => {
    writeFileSync(path('pytorch_model.bin.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
  };
  const [one, two] = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'];

  it('become one', async () => {
    writeFileSync(path(one), fileOf('a module'));
    writeFileSync(path(two), fileOf('every type'));
    index({ 'embedding.weight': one, 'output.weight': one, float: two });
    await convertPretrained(folder);
    const { tensors } = await readSafetensorsHeader(path('model.safetensors'));
    expect(Object.keys(tensors).sort()).toEqual(['embedding.weight', 'float']);
  });

  it('are refused where a part is missing, or elsewhere', async () => {
    writeFileSync(path(one), fileOf('a module'));
    index({ 'embedding.weight': one, float: two });
    await expect(convertPretrained(folder)).rejects.toThrow(/"weight_map\.float" of ".*" to name a file of the same/);
    index({ 'embedding.weight': `../${one}` });
    await expect(convertPretrained(folder)).rejects.toMatchObject({ code: 'CONVERT' });
    index({ 'no.weight': one });
    await expect(convertPretrained(folder)).rejects.toThrow(
      /to have a tensor "no\.weight", received none of that name/,
    );
  });
});

describe('one file', () => {
  it.each(['F32', 'F16', 'BF16'] as const)('becomes %s under the name of the target', async (dtype) => {
    writeFileSync(path('every.pth'), fileOf('every type'));
    await convertPretrained(path('every.pth'), { target: path('small.safetensors'), dtype });
    const { tensors } = await readSafetensorsHeader(path('small.safetensors'));
    for (const name of ['double', 'float', 'half', 'bfloat16', 'scalar']) expect(tensors[name]?.dtype).toBe(dtype);
    expect([tensors['long']?.dtype, tensors['byte']?.dtype, tensors['bool']?.dtype]).toEqual(['I64', 'U8', 'BOOL']);
  });

  it('is refused where it is none of PyTorch, or not there', async () => {
    mkdirSync(path('empty'));
    writeFileSync(path('notes.txt'), 'hello');
    await expect(convertPretrained(path('empty'))).rejects.toThrow(
      /to have pytorch_model\.bin or .*, received neither/,
    );
    await expect(convertPretrained(path('notes.txt'))).rejects.toThrow(/received a file notes\.txt/);
    await expect(convertPretrained(path('none.bin'))).rejects.toThrow(/received no such file or folder/);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Tests of which files of a model are fetched, and which are asked for where they cannot be.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { filesIn, golden, useHub } from '@nabla/testing';

import { type ResolvePretrainedOptions, resolvePretrained } from './resolve-pretrained.ts';

const hub = useHub();

const small = { 'config.json': Buffer.from('{"model_type": "x"}'), 'tokenizer.json': Buffer.from('{}') };
const inCache = (...path: string[]): string => join(hub.folder, 'hub', 'models--owner--name', ...path);
const get = (options: ResolvePretrainedOptions = {}): Promise<string> => resolvePretrained('owner/name', options);

beforeEach(() => {
  hub.files = { ...small, 'model.safetensors': Buffer.alloc(1000, 'weights ') };
});

describe('a model of the hub', () => {
  it('of sentences comes with the folders of its modules, converted as the rest', async () => {
    const file = golden('pytorch_files').cases.find(({ name }) => name === 'a module')?.file ?? '';
    const modules = ['', '1_Pooling', '2_Dense'].map((path) => ({ path, type: 'x' }));
    hub.files = {
      ...small,
      'pytorch_model.bin': Buffer.from(file, 'base64'),
      'modules.json': Buffer.from(JSON.stringify(modules)),
      '1_Pooling/config.json': Buffer.from('{}'),
      '2_Dense/config.json': Buffer.from('{}'),
      '2_Dense/pytorch_model.bin': Buffer.from(file, 'base64'),
      '3_More/config.json': Buffer.from('{}'),
    };
    const found = Object.keys(filesIn(await get())).sort();
    const inFolders = ['1_Pooling/config.json', '2_Dense/config.json', '2_Dense/model.safetensors'];
    const beside = ['config.json', 'model.safetensors', 'modules.json', 'tokenizer.json'];
    expect(found).toEqual([...inFolders, ...beside]);
    hub.commit = 'e'.repeat(40);
    hub.files['modules.json'] = Buffer.from('[{"path": "../up", "type": "x"}]');
    await expect(get()).rejects.toThrow(/to name a folder beside modules\.json/);
  });

  it('comes without its weights, where the tokenizer is enough', async () => {
    const folder = await get({ weights: false });
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'tokenizer.json']);
    expect(await get({ weights: false, offline: true })).toBe(folder);
    await expect(get({ offline: true })).rejects.toThrow(/snapshots\/a+\/model\.safetensors/);
    hub.files = { 'tokenizer.json': Buffer.from('{}') };
    hub.commit = 'd'.repeat(40);
    expect(readdirSync(await get({ weights: false }))).toEqual(['tokenizer.json']);
  });

  it('that is there in part, is asked for by the parts that are missing', async () => {
    const snapshot = inCache('snapshots', 'main');
    mkdirSync(snapshot, { recursive: true });
    const index = { weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' } };
    writeFileSync(join(snapshot, 'model.safetensors.index.json'), JSON.stringify(index));
    writeFileSync(join(snapshot, 'model-1.safetensors'), '');
    const error = await get({ offline: true }).catch(String);
    expect(error).toContain(join(snapshot, 'model-2.safetensors'));
    expect(error).not.toMatch(/\/model(-1)?\.safetensors$/m);
  });
});

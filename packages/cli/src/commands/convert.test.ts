// SPDX-License-Identifier: Apache-2.0
// Tests of nabla convert as a user meets it.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';

import { golden } from '@nabla/testing';

import { nabla, useFolder } from '../test-nabla.ts';

useFolder();

const fileOf = (name: string): Buffer => {
  return Buffer.from(golden('pytorch_files').cases.find((one) => one.name === name)?.file ?? '', 'base64');
};

describe('nabla convert', () => {
  it('converts a folder, says what it drops, and does not do it twice', async () => {
    mkdirSync('model');
    writeFileSync('model/pytorch_model.bin', fileOf('a module'));
    const { status, result, notes } = await nabla('convert', 'model');
    expect({ status, result }).toEqual({ status: 0, result: 'model/model.safetensors\n' });
    expect(notes).toBe(
      '0 bytes of 36 bytes: model\n24 bytes of 36 bytes: model\n36 bytes of 36 bytes: model\noutput.weight is embedding.weight, written once\n',
    );
    expect((await nabla('convert', 'model')).notes).toMatch(/no weights yet.*--force.*\[CONVERT\]/s);
    expect((await nabla('convert', 'model', '--force')).status).toBe(0);
  });

  it('makes several files of another type', async () => {
    writeFileSync('every.pt', fileOf('every type'));
    const words = ['--dtype', 'BF16', '--shard-size', '0.04kB'];
    expect((await nabla('convert', 'every.pt', 'parts', ...words)).status).toBe(0);
    expect(readdirSync('parts')).toContain('model.safetensors.index.json');
  });

  it('refuses a hostile file, and sizes that are none', async () => {
    writeFileSync('harm.pt', fileOf('harm'));
    expect((await nabla('convert', 'harm.pt', 'safe')).notes).toMatch(
      /posix\.system, which is not a tensor.*\[PICKLE\]/s,
    );
    expect(await nabla('convert', 'harm.pt', '--shard-size', 'much')).toMatchObject({ status: 2 });
    expect(await nabla('convert', 'harm.pt', '--dtype', 'F8')).toMatchObject({ status: 2 });
  });
});

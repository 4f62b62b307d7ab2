// SPDX-License-Identifier: Apache-2.0
// Tests of nabla download against a hub on this machine.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { COMMIT, useHub } from '@nabla/testing';

import { nabla, useFolder } from '../test-nabla.ts';

useFolder();
const hub = useHub();

describe('nabla download', () => {
  beforeEach(() => {
    hub.files = { 'config.json': Buffer.from('{}'), 'model.safetensors': Buffer.alloc(100_000, 'weights ') };
  });

  it('prints the folder, and how far it has come', async () => {
    const { status, result, notes } = await nabla('download', 'owner/name');
    const folder = join(hub.folder, 'hub', 'models--owner--name', 'snapshots', COMMIT);
    expect({ status, result }).toEqual({ status: 0, result: `${folder}\n` });
    expect(notes).toMatch(/100 kB of 100 kB: model\.safetensors\n$/);
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe('{}');
    expect(await nabla('download', 'owner/name')).toEqual({ status: 0, result, notes: '' });
  });

  it('says what there is not', async () => {
    hub.trouble = (_, response) => {
      response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
      return true;
    };
    expect((await nabla('download', 'owner/other')).notes).toMatch(/HTTP 404.*check the spelling.*\[HUB\]/s);
    expect((await nabla('download', '../name')).notes).toMatch(
      /to be a folder, or a model of the hub.*\[PRETRAINED\]/s,
    );
  });
});

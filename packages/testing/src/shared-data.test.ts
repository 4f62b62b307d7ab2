// SPDX-License-Identifier: Apache-2.0
// Tests of where the shared data are looked for.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithData, sharedDataFolder } from './shared-data.ts';

describe('sharedDataFolder', () => {
  const before = process.env['NABLA_DATA'];
  const folder = mkdtempSync(join(tmpdir(), 'nabla-shared-data-'));
  afterEach(() => {
    if (before === undefined) delete process.env['NABLA_DATA'];
    else process.env['NABLA_DATA'] = before;
    jest.restoreAllMocks();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is NABLA_DATA where that is set', () => {
    process.env['NABLA_DATA'] = folder;
    expect(sharedDataFolder()).toBe(folder);
  });

  it('is undefined where NABLA_DATA names nothing', () => {
    process.env['NABLA_DATA'] = join(folder, 'absent');
    expect(sharedDataFolder()).toBeUndefined();
  });

  it('is otherwise shared/data in the nearest folder above', () => {
    delete process.env['NABLA_DATA'];
    mkdirSync(join(folder, 'shared', 'data'), { recursive: true });
    mkdirSync(join(folder, 'repository', 'package'), { recursive: true });
    jest.spyOn(process, 'cwd').mockReturnValue(join(folder, 'repository', 'package'));
    expect(sharedDataFolder()).toBe(join(folder, 'shared', 'data'));
  });
});

describe('describeWithData', () => {
  it('says in one line what is left out', () => {
    const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    describeWithData('reads a film', 'no-such-folder', () => {
      throw new Error('must not run');
    });
    expect(write).toHaveBeenCalledWith('left out: reads a film (no no-such-folder in NABLA_DATA or ../shared/data)\n');
    write.mockRestore();
  });
});

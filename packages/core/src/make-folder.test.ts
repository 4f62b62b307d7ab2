// SPDX-License-Identifier: Apache-2.0
// Tests of making folders: where it works, and that it says no at once where it cannot.

import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NablaError } from './errors.ts';
import { makeFolder } from './make-folder.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nabla-folder-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function refusal(path: string): NablaError {
  try {
    makeFolder('train', path);
  } catch (error) {
    if (error instanceof NablaError) return error;
    throw error;
  }
  throw new Error(`${path} was made`);
}

it('makes a folder with those around it, once', () => {
  const path = join(folder, 'a', 'b', 'c');
  makeFolder('train', path);
  writeFileSync(join(path, 'file'), '');
  makeFolder('train', path);
  expect(existsSync(join(path, 'file'))).toBe(true);
});

it('takes a link to a folder', () => {
  symlinkSync(folder, join(folder, 'link'));
  makeFolder('train', join(folder, 'link', 'd'));
  expect(existsSync(join(folder, 'd'))).toBe(true);
});

it('names what is no folder', () => {
  writeFileSync(join(folder, 'file'), '');
  for (const path of [join(folder, 'file'), join(folder, 'file', 'x', 'y')]) {
    const { code, message } = refusal(path);
    expect(code).toBe('FOLDER');
    expect(message).toMatch(`train: expected ${path} to be a folder that can be made, received E`);
  }
  symlinkSync(join(folder, 'nowhere'), join(folder, 'broken'));
  expect(refusal(join(folder, 'broken')).message).toMatch(/EEXIST/);
});

// Node's mkdir with `recursive` never came back from these.
const inProc = process.platform === 'linux' ? it : it.skip;
inProc.each(['/proc/x', '/proc/x/y', '/proc/self/x'])(
  'ends where the system has no folder of that name: %s',
  (path) => {
    expect(refusal(path).message).toMatch(`${path} to be a folder that can be made, received ENOENT`);
  },
);

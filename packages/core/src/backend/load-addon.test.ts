// SPDX-License-Identifier: Apache-2.0
// Tests of finding and refusing addons.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { addonPaths, findAddon } from './load-addon.ts';
import { nativeKernels, nativeVersion } from './native-kernels.ts';

/** The reason for refusing an addon that is this JavaScript module or these bytes. */
function reasonFor(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  const search = findAddon([path]);
  return search.addon === undefined ? `${search.reason} ${search.hint}` : 'taken';
}

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-addon-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('findAddon', () => {
  it('lists every path tried and says what to run', () => {
    const search = findAddon(['/nowhere/nabla.node']);
    const script = /`node (.*)`/.exec(search.addon === undefined ? search.hint : '')?.[1]?.replaceAll('"', '') ?? '';
    expect(script).toContain('build-native.mjs');
    expect(existsSync(script)).toBe(true); // from where the program runs
    expect(search).toHaveProperty('reason', expect.stringContaining('/nowhere/nabla.node: no such file'));
  });

  it('passes on what the system says of a file that is no addon, or is for another processor', () => {
    expect(reasonFor('broken.node', 'not a library')).toMatch(
      /broken\.node: .*(invalid ELF header|not a|too short|valid)/,
    );
  });

  it('refuses another version', () => {
    expect(reasonFor('old.cjs', "module.exports = { version: '0.0.1' };")).toContain(
      `version 0.0.1, expected ${nativeVersion}`,
    );
  });

  it('refuses an addon that was built from other sources', () => {
    const module = `module.exports = { version: '${nativeVersion}', description: [] };`;
    expect(reasonFor('other.cjs', module)).toContain('it was built from other sources');
  });

  it('takes one that fits', () => {
    const description = JSON.stringify(nativeKernels);
    expect(
      reasonFor('fits.cjs', `module.exports = { version: '${nativeVersion}', description: ${description} };`),
    ).toBe('taken');
  });

  it('looks into NABLA_NATIVE_DIR first', () => {
    expect(addonPaths({ NABLA_NATIVE_DIR: '/first' })[0]).toBe(join('/first', 'nabla.node'));
  });
});

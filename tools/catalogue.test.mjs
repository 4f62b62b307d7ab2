// SPDX-License-Identifier: Apache-2.0
// Tests of the catalogue: how it judges, and that the page in docs knows every member and shows no hole.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { PAGE, collect, tableOf } from './catalogue.mjs';
import { root } from './stage.mjs';

/** Names of the classes that the built packages export and whose instances have one of these methods. */
function membersOf(name, method) {
  const address = pathToFileURL(join(root, `packages/${name}/dist/index.js`)).href;
  const isMember = `(value) => typeof value === 'function' && typeof value.prototype?.${method} === 'function'`;
  const code = `import * as all from '${address}';
    console.log(JSON.stringify(Object.keys(all).filter((key) => (${isMember})(all[key]))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

describe('docs/catalogue.md', () => {
  const page = readFileSync(PAGE, 'utf8');

  it.each([
    ['layers', 'forward'],
    ['optimizers', 'applyGradients'],
  ])('lists every member of @nabla/%s: otherwise run npm run catalogue', (name, method) => {
    const members = membersOf(name, method).filter((member) => !['Module', 'Optimizer'].includes(member));
    expect(members.length).toBeGreaterThan(0);
    expect(members.filter((member) => !page.includes(`\`${member}\``))).toEqual([]);
  });

  it('has no hole', () => expect(page).not.toContain('✗'));
});

describe('the catalogue', () => {
  const test = (title, status = 'passed', device = 'js') => ({
    ancestorTitles: [`Linear on ${device}`],
    title,
    status,
  });
  const table = (...tests) => tableOf(collect([{ name: 'every-layer.test.ts', assertionResults: tests }]).Layers);

  it('counts golden cases, and takes them as proof of the gradient', () => {
    expect(table(test('equals PyTorch: a'), test('equals PyTorch: b'))).toMatch(/`Linear` \| 2 +\| ✓ +\| ✓/);
  });

  it('shows a hole where a test of a device failed', () => {
    const tests = [test('has shapes'), test('has shapes', 'failed', 'cpu:avx2')];
    expect(table(...tests)).toMatch(/`Linear` \| – +\| ✓ +\| ✗ +\| –/);
  });
});

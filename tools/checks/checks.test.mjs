// SPDX-License-Identifier: Apache-2.0
// Tests of the checks that `npm run lint` makes with tools of our own.

import { headerProblem } from './headers.mjs';
import { lockfileProblems } from './lockcheck.mjs';

describe('lockfileProblems', () => {
  const parent = { version: '1.0.0', optionalDependencies: { 'parent-darwin-arm64': '1.0.0' } };

  it('accepts a lockfile with every platform package', () => {
    const packages = { 'node_modules/parent': parent, 'node_modules/parent-darwin-arm64': { version: '1.0.0' } };
    expect(lockfileProblems({ packages })).toEqual([]);
  });

  it('names a platform package that is missing', () => {
    expect(lockfileProblems({ packages: { 'a/node_modules/parent': parent } })).toEqual([
      'parent@1.0.0 needs parent-darwin-arm64@1.0.0 on some platform: not in the lockfile',
    ]);
  });

  it('names a package that is tied to an address', () => {
    const packages = { 'node_modules/a': { version: '1.0.0', resolved: 'https://example.com/a.tgz' } };
    expect(lockfileProblems({ packages })).toEqual([
      'node_modules/a is resolved to the address https://example.com/a.tgz',
    ]);
  });

  it('accepts links to workspaces', () => {
    expect(lockfileProblems({ packages: { 'node_modules/b': { resolved: 'packages/b', link: true } } })).toEqual([]);
  });
});

describe('headerProblem', () => {
  const licence = 'SPDX-License-Identifier: Apache-2.0';

  it.each([
    [`// ${licence}\n// Adds.\n`],
    [`#!/usr/bin/env node\n// ${licence}\n// Runs.\n`],
    [`# ${licence}\n"""Makes fixtures."""\n`],
    [`# ${licence}\n# Builds.\n`],
  ])('accepts %j', (text) => expect(headerProblem(text)).toBeUndefined());

  it('misses the licence, or the sentence', () => {
    expect(headerProblem('// Adds.\n')).toMatch('first line');
    expect(headerProblem(`// ${licence}\nexport const a = 1;\n`)).toMatch('second line');
  });
});

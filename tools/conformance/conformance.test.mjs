// SPDX-License-Identifier: Apache-2.0
// Tests of what the conformance run makes of its results, and of the one copy of tfjs-core. The run itself is `npm run conformance`.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { delegation, failures } from './conformance.mjs';
import { answer } from './core-copy.cjs';

const outcome = (status, reached = [], delegated = []) => ({ status, messages: [], reached, delegated });

describe('failures', () => {
  it('names the specs that failed, not those that tfjs switched off', () => {
    const outcomes = new Map([
      ['adds', outcome('passed')],
      ['subtracts', outcome('failed')],
      ['divides', outcome('pending')],
    ]);
    expect(failures(outcomes)).toEqual(['subtracts']);
  });
});

describe('delegation', () => {
  it('counts the specs that ran a kernel, and those in which its definition answered', () => {
    const outcomes = new Map([
      ['one', outcome('passed', ['Add', 'FFT'], ['FFT'])],
      ['two', outcome('passed', ['Add'], ['Add'])],
    ]);
    expect(delegation(outcomes)).toEqual([
      { kernel: 'Add', all: 2, delegated: 1 },
      { kernel: 'FFT', all: 1, delegated: 1 },
    ]);
  });
});

describe('answer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nabla-core-copy-'));
  const files = ['dist/index.js', 'dist/ops/add.js', 'dist/ops/index.js'].map((path) => join(folder, path));
  beforeAll(() => {
    for (const file of files) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '');
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['@tensorflow/tfjs-core', 0],
    ['@tensorflow/tfjs-core/dist/ops/add', 1],
    ['@tensorflow/tfjs-core/dist/ops', 2],
    ['/elsewhere/node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js', 0],
    ['/elsewhere/node_modules/@tensorflow/tfjs-core/dist/ops/add.js', 1],
  ])('gives the file of the copy for %s', (request, file) => {
    expect(answer(folder, request)).toBe(files[file]);
  });

  it.each(['@tensorflow/tfjs-core-extra', '@tensorflow/tfjs-backend-cpu', 'node:fs', './add'])(
    'leaves %s to Node',
    (request) => expect(answer(folder, request)).toBeUndefined(),
  );
});

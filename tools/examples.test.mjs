// SPDX-License-Identifier: Apache-2.0
// Every program of examples/ runs and learns.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { exampleNames } from './example.mjs';
import { root } from './stage.mjs';

/** What a program printed: it must end by itself, without an error. */
function output(name) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'tools/example.mjs'), name], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`examples/${name}.ts failed:\n${stderr}`);
  return stdout;
}

describe.each(exampleNames())('examples/%s.ts', (name) => {
  it('learns: its loss falls', () => {
    const losses = [...output(name).matchAll(/loss:? (\S+)/gi)].map(([, loss]) => Number(loss));
    expect(losses.length).toBeGreaterThan(1);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)).toBeLessThan(losses[0]);
  });

  it('is short enough to be read at a glance', () => {
    const lines = readFileSync(join(root, `examples/${name}.ts`), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
  });
});

it('docs/from-pytorch.md shows the ports as they are', () => {
  const page = readFileSync(join(root, 'docs/from-pytorch.md'), 'utf8');
  for (const name of exampleNames().filter((path) => path.startsWith('seed/'))) {
    const [, ...code] = readFileSync(join(root, `examples/${name}.ts`), 'utf8').split('\n\n');
    expect(page).toContain(code.join('\n\n').trimEnd());
  }
});

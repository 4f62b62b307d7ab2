// SPDX-License-Identifier: Apache-2.0
// What `npm run huge` tries on long buffers works on short ones, for every kernel, on each target that NABLA_CPU_TARGET forces.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { loadAddon } from './kernels/native.mjs';
import { root } from './stage.mjs';

const BYTES = '1000000';

if (!existsSync(`${root}native/build/Release/nabla.node`)) {
  it('is left out: the addon is not built', () => expect(BYTES).toBeDefined());
} else {
  it.each(loadAddon().targets())('runs every kernel by blocks where NABLA_CPU_TARGET forces %s', (target) => {
    const env = { ...process.env, NABLA_CPU_TARGET: target };
    const words = [`${root}tools/huge.mjs`, '--bytes', BYTES];
    const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8', env });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(150);
    for (const line of lines) expect(line).toMatch(new RegExp(`^✓ \\w+ on ${target}, \\d+ blocks`));
  });
}

// SPDX-License-Identifier: Apache-2.0
// Whether a compiler can build programs with sanitizers that run on this machine.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from '../stage.mjs';

/** Why sanitizers cannot be used here, in the compiler's or the program's own words; undefined: they can. `code` needs them. */
export async function lack(compiler, sanitizers, code = 'int main() { return 0; }') {
  const folder = mkdtempSync(join(tmpdir(), 'nabla-sanitize-'));
  const source = join(folder, 'nothing.cc');
  const program = join(folder, 'nothing');
  writeFileSync(source, `${code}\n`);
  const built = await run([compiler, `-fsanitize=${sanitizers}`, source, '-o', program]);
  const ran = built.status === 0 ? await run([program, '-runs=0']) : built;
  rmSync(folder, { recursive: true, force: true });
  return ran.status === 0 ? undefined : ran.output.trim().split('\n')[0];
}

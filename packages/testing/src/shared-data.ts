// SPDX-License-Identifier: Apache-2.0
// Finds the real data sets that lie outside the repository, for tests that are left out where there are none.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Where the data sets are, or undefined: `NABLA_DATA`, else `shared/data` beside the repository or in any folder above it. */
export function sharedDataFolder(): string | undefined {
  const chosen = process.env['NABLA_DATA'];
  if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? resolve(chosen) : undefined;
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const candidate = join(folder, 'shared', 'data');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Describes tests that need a file or folder of the shared data; where it is missing, prints one line that says so.
 *
 * @param path  relative to the data folder: `tinyshakespeare`
 * @param tests receives the absolute path
 */
export function describeWithData(name: string, path: string, tests: (path: string) => void): void {
  const folder = sharedDataFolder();
  const found = folder !== undefined && existsSync(join(folder, path));
  if (!found) {
    process.stderr.write(`left out: ${name} (no ${path} in NABLA_DATA or ../shared/data)\n`);
    return;
  }
  describe(name, () => tests(join(folder, path)));
}

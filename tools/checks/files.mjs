// SPDX-License-Identifier: Apache-2.0
// The files that belong to the repository: committed ones and new ones, without what git ignores.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../stage.mjs';

/** Paths from the top folder that end in one of `extensions`. */
export function repositoryFiles(extensions) {
  const git = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const paths = execFileSync('git', git, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\0');
  return [...new Set(paths)]
    .filter((path) => extensions.some((end) => path.endsWith(end)) && existsSync(join(root, path)))
    .sort();
}

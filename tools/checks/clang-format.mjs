// SPDX-License-Identifier: Apache-2.0
// Runs the workspace's clang-format over all C++ files. Usage: node clang-format.mjs --check | --write

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

import { root } from '../stage.mjs';
import { repositoryFiles } from './files.mjs';

const program = createRequire(import.meta.url)('clang-format').getNativeBinary();
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '-Werror'];
const files = repositoryFiles(['.h', '.cc', '.cu', '.cuh']);
if (files.length > 0) {
  const { status } = spawnSync(program, [...mode, ...files], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

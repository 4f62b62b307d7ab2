// SPDX-License-Identifier: Apache-2.0
// `npm run lint`: every check that reads sources. All of them run; the exit status is 1 when one fails.

import { stage } from './stage.mjs';

const bin = (script, ...words) => [process.execPath, `node_modules/${script}`, ...words];
const own = (script, ...words) => [process.execPath, `tools/${script}`, ...words];

const checks = [
  ['file headers', own('checks/headers.mjs')],
  ['package-lock.json', own('checks/lockcheck.mjs')],
  ['mirror of the native kernels', own('generate-native-mirror.mjs', '--check')],
  ['formatting (prettier)', bin('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')],
  ['formatting (clang-format)', own('checks/clang-format.mjs', '--check')],
  [
    'imports (dependency-cruiser)',
    bin('dependency-cruiser/bin/dependency-cruise.mjs', 'packages', '--config', '.dependency-cruiser.cjs'),
  ],
  ['rules (eslint)', bin('eslint/bin/eslint.js', '.')],
];

let failures = 0;
for (const [title, command] of checks) {
  if (!(await stage(title, command))) failures++;
}
process.exitCode = failures === 0 ? 0 : 1;

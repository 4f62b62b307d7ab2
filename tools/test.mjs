// SPDX-License-Identifier: Apache-2.0
// `npm test`: makes the checkout ready, runs every test with jest, and ends with the line `N passed, N failed`.
// Usage: npm test [-- JEST-ARGUMENTS]    npm run test:js (without the addon)

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { setup } from './setup.mjs';
import { root } from './stage.mjs';

const words = process.argv.slice(2);
const withoutNative = words[0] === '--without-native';
if (withoutNative) {
  words.shift();
  process.env.NABLA_NATIVE = '0';
}
await setup();

// jest directly, not through nx: a result taken from a cache is no run.
const folder = mkdtempSync(join(tmpdir(), 'nabla-test-'));
const report = join(folder, 'report.json');
const jest = [
  'node_modules/jest/bin/jest.js',
  '--config',
  'jest.config.cjs',
  '--json',
  `--outputFile=${report}`,
  ...words,
];
const child = spawn(process.execPath, jest, { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] });
const status = await new Promise((resolve) => child.on('close', resolve));

/** The three counts; a file that could not be run at all counts as one failed test. */
function counts() {
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests } = result;
    return {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites,
      skipped: numPendingTests + numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }; // jest itself broke down and has said why
  }
}

const { passed, failed, skipped } = counts();
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = status === 0 && failed === 0 ? 0 : 1;

// SPDX-License-Identifier: Apache-2.0
// The command `nabla`.

import { runCommandLine } from './command-line.ts';
import { processOutput } from './output.ts';

// Who reads the output may stop early: `nabla train … --json | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCommandLine(process.argv.slice(2), processOutput());

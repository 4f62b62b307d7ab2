// SPDX-License-Identifier: Apache-2.0
// Runs one stage of a longer job: one line with its duration when it succeeds, everything it printed when it fails.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Top folder of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command in the checkout and waits for it: its exit status and all that it printed, in order. */
export function run(command) {
  const [program, ...words] = command;
  return new Promise((resolve) => {
    const child = spawn(program, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const parts = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => parts.push(part));
    const end = (status, more = '') => resolve({ status, output: Buffer.concat(parts).toString() + more });
    child.on('error', (error) => end(127, `${program}: ${error.message}\n`));
    child.on('close', (status) => end(status ?? 1));
  });
}

/** Says that a stage begins; the line is replaced by `ended` where a person watches. */
export function began(title) {
  if (process.stdout.isTTY) process.stdout.write(`… ${title}\r`);
  return Date.now();
}

/** Says how a stage ended that began at `start`. */
export function ended(title, start, ok) {
  const seconds = ((Date.now() - start) / 1000).toFixed(1).padStart(6);
  console.log(`${ok ? '✓' : '✗'} ${title.padEnd(34)} ${seconds} s`);
}

/** Runs a command as a stage named `title`; resolves to whether it succeeded. */
export async function stage(title, command) {
  const start = began(title);
  const { status, output } = await run(command);
  ended(title, start, status === 0);
  if (status !== 0) console.error(output.trimEnd());
  return status === 0;
}

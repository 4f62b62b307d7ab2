// SPDX-License-Identifier: Apache-2.0
// `npm start`: makes the checkout ready, trains the demo, a character transformer, and writes text with it.
// Usage: npm start [-- OPTIONS OF `nabla train transformer`], e.g. npm start -- --steps 200

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { setup } from './setup.mjs';
import { root } from './stage.mjs';

const PROMPT = 'Call me ';
const TOKENS = '300';
const TYPESCRIPT_STEPS = '60';

/** The first of runs/start-1, runs/start-2 … that does not exist yet. */
function freshRun() {
  let count = 1;
  while (existsSync(join(root, 'runs', `start-${count}`))) count++;
  return join('runs', `start-${count}`);
}

/** Runs the nabla command with this terminal and waits for it. Ctrl-C reaches it directly: it saves its checkpoint. */
async function nabla(...words) {
  console.log(`\n$ npx nabla ${words.map((word) => (/\s/.test(word) ? JSON.stringify(word) : word)).join(' ')}`);
  const child = spawn(process.execPath, [join(root, 'packages/cli/bin/nabla.js'), ...words], {
    cwd: root,
    stdio: 'inherit',
  });
  const status = await new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  if (status !== 0) process.exit(status);
}

await setup();
const isNative = process.env.NABLA_NATIVE !== '0' && existsSync(join(root, 'native/build/Release/nabla.node'));
const length = ['--steps', '--epochs', '--resume'].some((option) => process.argv.includes(option))
  ? []
  : ['--steps', TYPESCRIPT_STEPS];
if (!isNative && length.length > 0)
  console.log(`Without native kernels a step takes seconds: the demo is cut to ${TYPESCRIPT_STEPS} steps.`);
process.on('SIGINT', () => undefined); // the command answers it, and its exit status ends this script
const words = process.argv.slice(2);
const given = words.indexOf('--out');
const run = given === -1 ? freshRun() : words[given + 1];
await nabla('train', 'transformer', ...(given === -1 ? ['--out', run] : []), ...(isNative ? [] : length), ...words);
await nabla('generate', run, '--prompt', PROMPT, '--tokens', TOKENS);

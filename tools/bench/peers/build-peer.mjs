// SPDX-License-Identifier: Apache-2.0
// Compiles a peer in C++ on first use and whenever its sources are newer.

import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { root, run } from '../../stage.mjs';

/** What each is linked with. Memory waits for a program that reads 16 bytes at a time: that one is made for this processor. */
const OPTIONS = { openblas: ['-lopenblas'], onednn: ['-ldnnl'], memory: ['-march=native'] };
const folder = join(root, 'tools/bench/peers');

/** The path of the program; throws in one line where the compiler or the library is missing. */
export async function buildPeer(name) {
  const program = join(root, 'node_modules/.cache/bench', `${name}-peer`);
  const sources = readdirSync(folder).filter((file) => /\.(cc|h)$/.test(file));
  const newest = Math.max(...sources.map((file) => statSync(join(folder, file)).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs > newest) return program;
  mkdirSync(join(root, 'node_modules/.cache/bench'), { recursive: true });
  const source = join(folder, `${name}_peer.cc`);
  const compiler = process.env.CXX ?? 'c++';
  const command = [compiler, '-O2', '-std=c++20', '-fopenmp', source, '-o', program, ...OPTIONS[name]];
  const { status, output } = await run(command);
  if (status === 0) return program;
  const reason = output.split('\n').find((line) => /error|not found|cannot find/.test(line)) ?? output.trim();
  throw new Error(`it does not compile: ${reason}`);
}

// SPDX-License-Identifier: Apache-2.0
// Compiles a peer in C++ on first use and whenever its sources are newer.

import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { root, run } from '../../stage.mjs';

const folder = join(root, 'tools/bench/peers');
const built = join(root, 'native/build/CMakeFiles');

/** The addon's object files, but for those that speak to Node.js. */
function ourObjects() {
  const all = existsSync(built) ? readdirSync(built, { recursive: true }).map(String) : [];
  const objects = all.filter((file) => /^(kernels_|nabla\.dir).*\.o(bj)?$/.test(file) && !file.includes('addon'));
  if (objects.length === 0) throw new Error('the addon was not compiled here: npm run build:native');
  return objects.map((file) => join(built, file));
}

/** What each is linked with, and further flags. */
const PARTS = {
  openblas: () => ({ objects: [], flags: ['-lopenblas'] }),
  onednn: () => ({ objects: [], flags: ['-ldnnl'] }),
  // Memory waits for a program that reads 16 bytes at a time, and arithmetic needs its widest registers: made for this processor.
  limit: () => ({ objects: [], flags: ['-march=native'] }),
  kernel: () => ({ objects: ourObjects(), flags: [`-I${join(root, 'native/src')}`, '-pthread'] }),
};

/** The path of the program; throws in one line where the compiler or the library is missing. */
export async function buildPeer(name) {
  const program = join(root, 'node_modules/.cache/bench', `${name}-peer`);
  const { objects, flags } = PARTS[name]();
  const sources = readdirSync(folder).filter((file) => /\.(cc|h)$/.test(file));
  const files = [...sources.map((file) => join(folder, file)), ...objects];
  const newest = Math.max(...files.map((file) => statSync(file).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs > newest) return program;
  mkdirSync(join(root, 'node_modules/.cache/bench'), { recursive: true });
  const source = join(folder, `${name}_peer.cc`);
  const compiler = process.env.CXX ?? 'c++';
  const command = [compiler, '-O2', '-std=c++20', '-fopenmp', source, ...objects, '-o', program, ...flags];
  const { status, output } = await run(command);
  if (status === 0) return program;
  const reason = output.split('\n').find((line) => /error|not found|cannot find/.test(line)) ?? output.trim();
  throw new Error(`it does not compile: ${reason}`);
}

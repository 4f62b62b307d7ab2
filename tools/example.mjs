// SPDX-License-Identifier: Apache-2.0
// Runs a program of examples/ against the built packages. Usage: npm run example [-- NAME], for example seed/fnn

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { transform } from 'esbuild';

import { root } from './stage.mjs';

const folder = join(root, 'examples');

/** The programs, by the name that `npm run example` takes. */
export function exampleNames() {
  const files = readdirSync(folder, { recursive: true }).map((path) => path.replaceAll('\\', '/'));
  return files
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.slice(0, -'.ts'.length))
    .sort();
}

async function run(name) {
  const source = join(folder, `${name}.ts`);
  if (name === undefined || !existsSync(source)) {
    console.error(`Which example? npm run example NAME, where NAME is one of ${exampleNames().join(', ')}`);
    process.exitCode = 2;
    return;
  }
  // Beside node_modules, so that the program finds the packages as a user's does.
  const program = join(root, 'node_modules/.cache/examples', `${name}.mjs`);
  const { code } = await transform(readFileSync(source, 'utf8'), { loader: 'ts', format: 'esm', target: 'es2022' });
  mkdirSync(dirname(program), { recursive: true });
  writeFileSync(program, code);
  await import(pathToFileURL(program).href);
}

if (process.argv[1] === join(root, 'tools/example.mjs')) run(process.argv[2]);

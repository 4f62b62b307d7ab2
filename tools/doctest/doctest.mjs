// SPDX-License-Identifier: Apache-2.0
// Runs every example of the documentation against the built packages: docstrings of packages/*/src, and ts blocks of
// pages. Of a block that reads a folder as ./NAME, such as one of a published model, the imports alone are checked.
// Usage: npm run doctest [-- --json] [-- TEXT IN THE FILE'S PATH]

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { repositoryFiles } from '../checks/files.mjs';
import { root } from '../stage.mjs';
import { checkImports, needsFiles } from './check-imports.mjs';
import { examplesOfPage, examplesOfSource } from './extract.mjs';
import { runExample } from './run-example.mjs';

const packages = ['core', 'layers', 'optimizers', 'data', 'models'];
const built = (path) => join(root, path.replace('/src/', '/dist/').replace(/\.ts$/, '.js'));
const isPage = (path) => path.endsWith('.md');
const isDocumented = (path) => /^packages\/(?!testing\/)[^/]+\/src\/.*\.ts$/.test(path) && !path.endsWith('.test.ts');

function allExamples(filter) {
  const read = (path) => readFileSync(join(root, path), 'utf8');
  const sources = repositoryFiles(['.ts']).filter(isDocumented);
  const pages = repositoryFiles(['.md']);
  const examples = [
    ...sources.flatMap((path) => examplesOfSource(path, read(path))),
    ...pages.flatMap((path) => examplesOfPage(path, read(path))),
  ];
  return examples.filter(({ file }) => file.includes(filter));
}

/** Loads a module by its name as an example writes it. */
function load(name) {
  const own = /^@nabla\/(\w+)$/.exec(name)?.[1];
  return import(own === undefined ? name : pathToFileURL(join(root, `packages/${own}/dist/index.js`)).href);
}

/** What is in scope: the exports of all packages, and of the module that the example stands in. */
async function scopeOf(file, shared) {
  const own = built(file);
  return file.endsWith('.ts') && existsSync(own) ? { ...shared, ...(await import(pathToFileURL(own).href)) } : shared;
}

const words = process.argv.slice(2);
const examples = allExamples(words.find((word) => !word.startsWith('--')) ?? '');
const loaded = await Promise.all(packages.map((name) => load(`@nabla/${name}`)));
const shared = Object.assign({}, ...loaded);
const here = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'nabla-doctest-'));
process.chdir(folder); // examples may write files
const results = [];
for (const { code, ...example } of examples) {
  const run = async () => runExample(code, await scopeOf(example.file, shared), load);
  const judge = isPage(example.file) && needsFiles(code) ? () => checkImports(code, load) : run;
  const problem = await judge().catch((error) => `${error.name}: ${error.message}`);
  results.push(problem === undefined ? example : { ...example, problem });
}
process.chdir(here);
rmSync(folder, { recursive: true, force: true });

if (words.includes('--json')) {
  process.stdout.write(`\n${JSON.stringify(results)}\n`);
} else {
  const failed = results.filter(({ problem }) => problem !== undefined);
  for (const { file, line, name, problem } of failed) console.log(`✗ ${file}:${line} ${name}: ${problem}`);
  console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
// Packs all that tools/gpu/run.sh needs on a machine with a GPU and neither Node nor node_modules: Node itself, both modules, the
// packages built and their tests compiled, jest and what it needs. Writes .gpu/packages.tar.xz, and what changes most often beside it:
// .gpu/modules.tar.xz and the scripts. With --modules only these are written again.
// First: npm run build:native && npm run build:cuda -- -DCMAKE_CUDA_ARCHITECTURES=90 && npm run typecheck

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import swc from '@swc/core';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../..', import.meta.url));
const out = join(root, '.gpu');
const staging = mkdtempSync(join(tmpdir(), 'nabla-gpu-'));
const PACKAGES = ['core', 'layers', 'optimizers', 'data', 'models', 'cli', 'testing'];
const MODULES = ['native/build/Release/nabla.node', 'native/build/cuda/Release/nabla_cuda.node'];

/** What is taken of packages that carry much more: of tfjs one build, of tfjs-core also the modules and specs that it is made of. */
const PARTS = [
  [/^@tensorflow\/tfjs-core$/, /^(|package\.json|dist|dist\/(tf-core\.node\.js|(?!tf-core|miniprogram|scripts).*))$/],
  [/^@tensorflow\//, /^(|package\.json|dist|dist\/tf-[^/]*\.node\.js)$/],
  [/^typescript$/, /^(|package\.json|lib|lib\/typescript\.js)$/],
];

const TOOLS = [
  ...['gpu', 'bench', 'conformance', 'stage.mjs', 'jest/environment.cjs'].map((path) => `tools/${path}`),
  'package.json',
  'LICENSE',
];

/** Copies a file or folder of the repository to the same place of the package. */
function take(path, filter = () => true) {
  cpSync(join(root, path), join(staging, path), { recursive: true, dereference: true, filter });
}

const isNeeded = (path) =>
  !/\.(map|md|flow)$|\.d\.[cm]?ts$|\.tsbuildinfo$/.test(path) && !path.endsWith(`${sep}.cache`);

/** The package folder that `name` means in `folder`. */
function packageFolder(name, folder) {
  for (let at = folder; ; at = dirname(at)) {
    const found = join(at, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (at === dirname(at)) return undefined;
  }
}

/** Copies installed packages and all that they depend on. */
function takePackages(names, folder, taken = new Set()) {
  for (const name of names) {
    const found = packageFolder(name, folder);
    if (found === undefined || taken.has(found) || name.startsWith('@nabla/')) continue;
    taken.add(found);
    const inside = (path) => isNeeded(path) && !relative(found, path).split(sep).includes('node_modules');
    const only = PARTS.find(([pattern]) => pattern.test(name))?.[1];
    take(relative(root, found), (path) => inside(path) && (only?.test(relative(found, path)) ?? true));
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(found, 'package.json'), 'utf8'));
    takePackages(Object.keys({ ...dependencies, ...optionalDependencies }), found, taken);
  }
}

/** Compiles the sources of a package for jest; the files keep their names, so that imports stay as they are. */
function compileSources(name) {
  const { transform } = require(join(root, 'jest.preset.cjs'));
  const [, options] = Object.values(transform)[0];
  for (const entry of readdirSync(join(root, 'packages', name, 'src'), { recursive: true })) {
    if (!entry.endsWith('.ts')) continue;
    const path = join('packages', name, 'src', entry);
    const source = readFileSync(join(root, path), 'utf8');
    const { code } = swc.transformSync(source, { ...options, filename: join(root, path), sourceMaps: false });
    mkdirSync(dirname(join(staging, path)), { recursive: true });
    writeFileSync(join(staging, path), code);
  }
}

function stagePackages() {
  take('native/package.json');
  for (const name of PACKAGES) {
    const folder = `packages/${name}`;
    take(`${folder}/package.json`);
    take(`${folder}/jest.config.cjs`);
    for (const part of ['dist', 'bin', 'datasets', 'fixtures', 'generated']) {
      if (existsSync(join(root, folder, part))) take(`${folder}/${part}`, isNeeded);
    }
    compileSources(name);
  }
  for (const path of TOOLS) take(path);
  const preset = readFileSync(join(root, 'jest.preset.cjs'), 'utf8');
  writeFileSync(
    join(staging, 'jest.preset.cjs'),
    `${preset}\nObject.assign(module.exports, { transform: {} });\ndelete module.exports.globalSetup;\n`,
  );
  writeFileSync(
    join(staging, 'jest.config.cjs'),
    "module.exports = { projects: ['<rootDir>/packages/*/jest.config.cjs'], testTimeout: 60000, watchman: false, cacheDirectory: '<rootDir>/.jest' };\n",
  );
  const dependencies = PACKAGES.flatMap((name) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
    );
    return [
      ...Object.keys(dependencies),
      ...Object.keys(devDependencies).filter((other) => other.startsWith('@tensorflow/')),
    ];
  });
  takePackages(['jest', 'jest-environment-node', 'jasmine-core', 'typescript', 'fast-check', ...dependencies], root);
  for (const name of PACKAGES) {
    mkdirSync(join(staging, 'node_modules/@nabla'), { recursive: true });
    spawnSync('ln', ['-s', `../../packages/${name}`, join(staging, 'node_modules/@nabla', name)]);
  }
  spawnSync('ln', ['-s', '../../native', join(staging, 'node_modules/@nabla/native')]);
  mkdirSync(join(staging, 'bin'));
  cpSync(realpathSync(process.execPath), join(staging, 'bin/node'));
}

/** The text that run.sh trains on, where this machine has it. */
function stageText() {
  const text = join(process.env.NABLA_DATA ?? join(root, '../shared/data'), 'tinyshakespeare/input.txt');
  if (existsSync(text)) cpSync(text, join(staging, 'input.txt'));
  else console.log(`Left out: there is no ${text} to train on.`);
}

/** Compresses files and folders of `folder` to one file of .gpu. */
function compress(folder, paths, file) {
  const command = `tar -C '${folder}' -cf - ${paths} | xz -T0 -6 > '${join(out, file)}'`;
  if (spawnSync('bash', ['-c', command], { stdio: 'inherit' }).status !== 0) process.exit(1);
  console.log(`.gpu/${file}: ${(statSync(join(out, file)).size / 2 ** 20).toFixed(1)} MiB`);
}

mkdirSync(out, { recursive: true });
if (!process.argv.includes('--modules')) {
  stagePackages();
  stageText();
  compress(staging, '.', 'packages.tar.xz');
}
compress(root, MODULES.join(' '), 'modules.tar.xz');
rmSync(join(out, 'tools'), { recursive: true, force: true }); // a script that was renamed would still be found
cpSync(join(root, 'tools/gpu'), join(out, 'tools'), { recursive: true });
cpSync(join(root, 'tools/gpu/run.sh'), join(out, 'run.sh'));
rmSync(staging, { recursive: true, force: true });

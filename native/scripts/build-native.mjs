// SPDX-License-Identifier: Apache-2.0
// Builds build/Release/nabla.node with cmake-js, in a checkout or in a project's node_modules: `node scripts/build-native.mjs`.

// A line says that the first build begins, and one what came of it; the compiler's words are in build.log. Without cmake or a
// compiler there is no addon and no failure, unless NABLA_NATIVE=require. With NABLA_NATIVE=0 none is built.

import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { toolchain } from './toolchain-id.mjs';

const JOBS = '2'; // compilers at a time: more would need more memory than small machines have
const LOG_TAIL = 40;
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'build');
const addon = join(folder, 'Release', 'nabla.node');
const log = join(folder, 'build.log');
const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
const isRequired = process.env.NABLA_NATIVE === 'require';

/** Ends with the one line that says why there is no addon; an older one must not stay and be taken for the current. */
function giveUp(reason, status) {
  rmSync(addon, { force: true });
  console.log(`Native addon not built: ${reason}. Nabla runs in pure TypeScript (device js).`);
  process.exit(isRequired ? 1 : status);
}

/** Runs one step of cmake-js and appends what it prints to the log; true when it succeeds. */
function run(step) {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cmakeJs, step, '-d', root, '-p', JOBS], options);
  appendFileSync(log, `${stdout}${stderr}`);
  return status === 0;
}

/** Removes the build folder when it was made by another toolchain: CMake's cache remembers compilers that are gone. */
function forgetOtherToolchain(id) {
  const stamp = join(folder, 'toolchain.txt');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== id) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(stamp, id);
}

if (process.env.NABLA_NATIVE === '0') giveUp('NABLA_NATIVE=0', 0);
const { id, missing } = toolchain();
if (missing !== undefined) {
  giveUp(`${missing} (it takes cmake 3.19 or newer, a C++17 compiler, and ninja or make)`, 0);
}
const isFirst = !existsSync(addon);
if (isFirst) console.log('Building the native kernels: some minutes, once.');
forgetOtherToolchain(id);
writeFileSync(log, '');
// `configure` every time: `build` alone would ignore changed options and new files once there is a CMake cache.
if (!run('configure') || !run('build') || !existsSync(addon)) {
  console.error(readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL).join('\n'));
  giveUp(`the compiler failed, see ${log}`, 1);
}
if (isFirst) console.log(`Native addon built: ${addon}`);

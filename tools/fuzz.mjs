// SPDX-License-Identifier: Apache-2.0
// `npm run fuzz`: builds native/test/fuzz with clang's libFuzzer and the address and undefined-behaviour sanitizers, and lets it make
// calls of the kernels out of bytes. Inputs that reach new code are kept in native/build/fuzz/inputs, where the next run goes on.
// Usage: npm run fuzz -- [--seconds 60] [--input FILE]   a file that made it fail before, again

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { lack } from './checks/sanitizers.mjs';
import { root, stage } from './stage.mjs';

const compiler = process.env.CXX ?? 'clang++';
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, input: { type: 'string' } } });
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error(`fuzz: expected --seconds above 0, received ${values.seconds}`);

const build = 'native/build/fuzz';
const target = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char *, decltype(sizeof 0)) { return 0; }';
const reason = await lack(compiler, 'fuzzer,address,undefined', target);
if (reason !== undefined) {
  console.log(`Left out: ${compiler} -fsanitize=fuzzer does not work on this machine: ${reason}`);
} else {
  const sanitizers = '-DNABLA_SANITIZE=fuzzer-no-link,address,undefined';
  const configure = ['cmake', '-S', 'native', '-B', build, sanitizers, '-DCMAKE_BUILD_TYPE=None'];
  const ready =
    (await stage('configure (fuzz)', [...configure, `-DCMAKE_CXX_COMPILER=${compiler}`])) &&
    (await stage('build (fuzz)', ['cmake', '--build', build, '--target', 'fuzz', '--parallel', '2']));
  process.exitCode = ready ? await fuzz() : 1;
}

/** Runs the fuzzer; resolves to its exit status. What made it fail is kept, and its name printed. */
function fuzz() {
  mkdirSync(`${root}${build}/inputs`, { recursive: true });
  const limits = [
    '-timeout=60',
    '-rss_limit_mb=4096',
    '-max_len=4096',
    '-print_final_stats=1',
    '-print_funcs=0',
    '-verbosity=0',
  ];
  const what = values.input === undefined ? [`-max_total_time=${seconds}`, `${build}/inputs`] : [values.input];
  const words = [...limits, `-artifact_prefix=${build}/`, ...what];
  const child = spawn(`${build}/fuzz`, words, { cwd: root, stdio: 'inherit' });
  return new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
}

// SPDX-License-Identifier: Apache-2.0
// `npm run sanitize`: builds the driver of native/test with sanitizers and lets it call every kernel on every CPU target, rightly
// and wrongly, and tries the allocator: once with AddressSanitizer and UndefinedBehaviorSanitizer, once with ThreadSanitizer. Minutes.

import { toolchain } from '../native/scripts/toolchain-id.mjs';
import { lack } from './checks/sanitizers.mjs';
import { run, stage } from './stage.mjs';

const VARIANTS = [
  { name: 'address', flags: 'address,undefined', words: [] },
  { name: 'thread', flags: 'thread', words: ['--threads'] },
];
const compiler = process.env.CXX ?? 'c++';

async function sanitize({ name, flags, words }) {
  const reason = await lack(compiler, flags);
  if (reason !== undefined) {
    console.log(`Left out: ${compiler} -fsanitize=${flags} does not work on this machine: ${reason}`);
    return true;
  }
  const build = `native/build/sanitize/${name}`;
  const configure = ['cmake', '-S', 'native', '-B', build, `-DNABLA_SANITIZE=${flags}`, '-DCMAKE_BUILD_TYPE=None'];
  if (!(await stage(`configure (${name})`, [...configure, `-DCMAKE_CXX_COMPILER=${compiler}`]))) return false;
  if (!(await stage(`build (${name})`, ['cmake', '--build', build, '--parallel', '2']))) return false;
  let passed = true;
  for (const command of [[`${build}/allocator`], [`${build}/contracts`, ...words]]) {
    const { status, output } = await run(command);
    console.log(`${status === 0 ? '✓' : '✗'} ${flags}\n${output.trimEnd()}`);
    passed &&= status === 0;
  }
  return passed;
}

const { missing } = toolchain();
if (missing !== undefined) {
  console.log(`Left out: ${missing}, so that nothing can be built with sanitizers.`);
} else {
  for (const variant of VARIANTS) if (!(await sanitize(variant))) process.exitCode = 1;
}

// SPDX-License-Identifier: Apache-2.0
// `npm run sanitize`: builds the driver of native/test with sanitizers and lets it call every kernel on every CPU target, rightly
// and wrongly, and tries the allocator: once with AddressSanitizer and UndefinedBehaviorSanitizer, once with ThreadSanitizer. Cuda's
// kernels run on the emulated device, with the first two, and with a detector of races (native/test/emulated_cuda/races.h). An hour.
// Usage: npm run sanitize [-- --only address|cuda|thread|races]

import { parseArgs } from 'node:util';

import { toolchain } from '../native/scripts/toolchain-id.mjs';
import { lack } from './checks/sanitizers.mjs';
import { run, stage } from './stage.mjs';

const VARIANTS = [
  { name: 'address', flags: 'address,undefined', programs: [['allocator'], ['contracts']] },
  {
    name: 'cuda',
    flags: 'address,undefined',
    options: ['-S', 'native/src/cuda', '-DNABLA_CUDA_EMULATED=ON', '-DNABLA_SANITIZE=address,undefined'],
    programs: [['contracts']],
  },
  { name: 'thread', flags: 'thread', programs: [['allocator'], ['contracts', '--threads']] },
  {
    name: 'races',
    flags: 'thread', // what the compiler inserts for it; what is called there is our own
    code: '#include <link.h>\nint main() { return 0; }',
    options: ['-S', 'native/src/cuda', '-DNABLA_CUDA_EMULATED=ON', '-DNABLA_SANITIZE=races'],
    programs: [['detector'], ['tiles'], ['contracts']],
  },
];
const compiler = process.env.CXX ?? 'c++';

async function sanitize({ name, flags, code, options = ['-S', 'native', `-DNABLA_SANITIZE=${flags}`], programs }) {
  const reason = await lack(compiler, flags, code);
  if (reason !== undefined) {
    console.log(`Left out: ${compiler} -fsanitize=${flags} does not work on this machine: ${reason}`);
    return true;
  }
  const build = `native/build/sanitize/${name}`;
  const configure = ['cmake', ...options, '-B', build, '-DCMAKE_BUILD_TYPE=None', `-DCMAKE_CXX_COMPILER=${compiler}`];
  const targets = programs.map(([program]) => program);
  if (!(await stage(`configure (${name})`, configure))) return false;
  if (!(await stage(`build (${name})`, ['cmake', '--build', build, '--parallel', '2', '--target', ...targets])))
    return false;
  let passed = true;
  for (const [program, ...words] of programs) {
    const { status, output } = await run([`${build}/${program}`, ...words]);
    console.log(`${status === 0 ? '✓' : '✗'} ${name}: ${program}\n${output.trimEnd()}`);
    passed &&= status === 0;
  }
  return passed;
}

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const variants = VARIANTS.filter(({ name }) => values.only === undefined || name === values.only);
if (variants.length === 0)
  throw new Error(`sanitize: expected --only address, cuda, thread or races, received ${values.only}`);
const { missing } = toolchain();
if (missing !== undefined) {
  console.log(`Left out: ${missing}, so that nothing can be built with sanitizers.`);
} else {
  for (const variant of variants) if (!(await sanitize(variant))) process.exitCode = 1;
}

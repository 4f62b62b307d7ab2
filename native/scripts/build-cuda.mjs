// SPDX-License-Identifier: Apache-2.0
// `npm run build:cuda`: builds build/cuda/Release/nabla_cuda.node where nvcc is found; minutes. Options for CMake may follow, such as
// -DCMAKE_CUDA_ARCHITECTURES=120. With --emulated, build/emulated/Release: the same kernels on the CPU, for tests without a GPU.

import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const options = process.argv.slice(2).filter((word) => word !== '--emulated');
const isEmulated = process.argv.includes('--emulated');
const folder = join(root, 'build', isEmulated ? 'emulated' : 'cuda');

function run(command, words) {
  const { status, error } = spawnSync(command, words, { stdio: 'inherit' });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(1);
}

if (!isEmulated && spawnSync('nvcc', ['--version']).status !== 0) {
  console.error(
    'CUDA kernels not built: nvcc was not found. Install the CUDA toolkit (12 or 13) and put nvcc in the path.',
  );
  process.exit(1);
}
run('cmake', [
  '-S',
  join(root, 'src/cuda'),
  '-B',
  folder,
  `-DNABLA_CUDA_EMULATED=${isEmulated ? 'ON' : 'OFF'}`,
  ...options,
]);
run('cmake', ['--build', folder, '--parallel', String(Math.min(availableParallelism(), 4))]);
if (isEmulated) {
  // NABLA_NATIVE_DIR names one folder for both modules.
  copyFileSync(join(root, 'build/Release/nabla.node'), join(folder, 'Release/nabla.node'));
}

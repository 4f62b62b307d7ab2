// SPDX-License-Identifier: Apache-2.0
// What must hold of the native sources and objects as a whole.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { repositoryFiles } from './checks/files.mjs';
import { root } from './stage.mjs';

const objectFolders = join(root, 'native/build/CMakeFiles');
const sources = repositoryFiles(['.h', '.cc']).filter((path) => path.startsWith('native/src/'));
const text = (path) => readFileSync(join(root, path), 'utf8');

/** Object files of the CPU targets, by target; empty where the addon was not built with this folder layout. */
function targetObjects() {
  if (!existsSync(objectFolders)) return [];
  const folders = readdirSync(objectFolders).filter((name) => /^kernels_\w+\.dir$/.test(name));
  return folders.map((folder) => {
    const target = folder.slice('kernels_'.length, -'.dir'.length);
    return [target, join(objectFolders, folder, 'src/cpu/targets', `${target}.cc.o`)];
  });
}

describe('native sources', () => {
  it('know Node-API in the addon folder only', () => {
    const strays = sources.filter(
      (path) => !path.startsWith('native/src/addon/') && /#include <(napi|node_api)/.test(text(path)),
    );
    expect(strays).toEqual([]);
  });

  it('know CUDA in the cuda folder only', () => {
    const strays = sources.filter(
      (path) => !path.startsWith('native/src/cuda/') && /#include [<"]cuda/.test(text(path)),
    );
    expect(strays).toEqual([]);
  });

  it('include nothing in the loops that are compiled per target, but for their list', () => {
    const loops = sources.filter((path) => /^native\/src\/cpu\/.*(-inl\.h|simd\/\w+\.h)$/.test(path));
    const including = loops.filter((path) => /^#include/m.test(text(path)));
    expect(including).toEqual(['native/src/cpu/all-inl.h']);
  });

  const objects = targetObjects().filter(([, path]) => existsSync(path));
  const canRead = spawnSync('nm', ['--version']).status === 0;
  if (objects.length === 0 || !canRead)
    console.log('Object files were not examined: the addon is not built, or nm is missing.');
  else {
    it.each(objects)('leak no code of target %s to others: a linker may keep any copy of a weak symbol', (_, path) => {
      const { stdout } = spawnSync('nm', ['-C', path], { encoding: 'utf8', maxBuffer: 2 ** 26 });
      const weak = stdout
        .split('\n')
        .filter((line) => / [WVu] /.test(line) && !/DW\.ref\.__gxx_personality|__clang_call_terminate/.test(line));
      expect(weak).toEqual([]);
    });
  }
});

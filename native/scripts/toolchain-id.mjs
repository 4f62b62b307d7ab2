// SPDX-License-Identifier: Apache-2.0
// Says which compiler and cmake would build the addon: a key for caches, and whether a build is possible at all.

import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** Last line of a program's answer, or undefined where there is no such program. */
function ask(command, argument) {
  const { status, stdout } = spawnSync(command, [argument], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout.trim().split('\n')[0] : undefined;
}

/** What builds the addon on this machine; `missing` names what is not there, in words for a person. */
export function toolchain() {
  const cmake = ask('cmake', '--version');
  const names = process.env.CXX === undefined ? ['c++', 'g++', 'clang++'] : [process.env.CXX];
  const compiler = names.map((name) => ask(name, '--version')).find((answer) => answer !== undefined);
  const ninja = ask('ninja', '--version');
  const make = ask('make', '--version');
  // On Windows cmake finds Visual Studio, which is not in the path.
  const looksFor = process.platform !== 'win32';
  const missing = [
    cmake === undefined && 'cmake not found',
    looksFor &&
      compiler === undefined &&
      (process.env.CXX ? `compiler ${process.env.CXX} not found` : 'no C++ compiler found'),
    looksFor && ninja === undefined && make === undefined && 'neither ninja nor make found',
  ].find(Boolean);
  const id = [process.platform, process.arch, cmake, compiler, process.env.CC, ninja === undefined ? 'make' : 'ninja'];
  return { id: id.map((part) => part ?? 'none').join(' | '), missing: missing === false ? undefined : missing };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(toolchain().id);

// SPDX-License-Identifier: Apache-2.0
// Finds and loads the addons, of the CPU and of the GPU, and explains in words why there is none.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

import { DeviceError, suggest } from '../errors.ts';
import type { NativeAddon } from './addon.ts';
import { nativeKernels, nativeVersion } from './native-kernels.ts';

/** What came of looking for the addon: the addon, or why there is none and what to do about it. */
export type AddonSearch =
  | { readonly addon: NativeAddon; readonly path: string }
  | { readonly addon: undefined; readonly reason: string; readonly hint: string };

const requireModule = createRequire(import.meta.url);

/** An addon: where a build leaves it, how its prebuilt package is called, and what builds it. */
interface AddonKind {
  readonly file: string;
  readonly build: string;
  readonly packageSuffix: string;
  readonly name: string;
  /** A script of @nabla/native, and what it needs. */
  readonly script: string;
  readonly tools: string;
}

const CPU: AddonKind = {
  file: 'nabla.node',
  build: 'build/Release',
  packageSuffix: '',
  name: 'the native addon',
  script: 'scripts/build-native.mjs',
  tools: 'cmake and a C++17 compiler',
};

const CUDA: AddonKind = {
  file: 'nabla_cuda.node',
  build: 'build/cuda/Release',
  packageSuffix: '-cuda',
  name: 'the module of CUDA kernels',
  script: 'scripts/build-cuda.mjs',
  tools: 'cmake and nvcc of CUDA 12 or 13',
};

/** Where an addon may lie, in the order tried: NABLA_NATIVE_DIR, this checkout's build, the prebuilt package. */
export function addonPaths(environment: NodeJS.ProcessEnv = process.env, kind: AddonKind = CPU): string[] {
  const platformPackage = `@nabla/native-${process.platform}-${process.arch}${kind.packageSuffix}`;
  const folders = [
    environment['NABLA_NATIVE_DIR'],
    folderOf('@nabla/native/package.json', kind.build),
    folderOf(`${platformPackage}/package.json`, '.'),
  ];
  return folders.filter((folder) => folder !== undefined).map((folder) => join(folder, kind.file));
}

function folderOf(packageFile: string, inside: string): string | undefined {
  try {
    return join(dirname(requireModule.resolve(packageFile)), inside);
  } catch {
    return undefined; // the package is not installed
  }
}

/** The command that builds an addon where it will be looked for: the same in a checkout and in a project's node_modules. */
function buildHint({ script, tools }: AddonKind): string {
  const path = folderOf('@nabla/native/package.json', script);
  if (path === undefined) return 'Install the package @nabla/native.';
  const fromHere = relative(process.cwd(), path);
  const shorter = fromHere.length < path.length ? fromHere : path;
  const word = /\s/.test(shorter) ? JSON.stringify(shorter) : shorter;
  return `Build it with ${tools}, once, some minutes: \`node ${word}\`.`;
}

/** Whether an addon's version and kernels are those this TypeScript was made with; a reason if not. */
function mismatch(addon: NativeAddon): string | undefined {
  if (addon.version !== nativeVersion) return `it is version ${addon.version}, expected ${nativeVersion}`;
  if (JSON.stringify(addon.description) !== JSON.stringify(nativeKernels)) return 'it was built from other sources';
  return undefined;
}

/** Tries every path; the first addon that loads and fits is taken. Never throws. */
export function findAddon(paths?: readonly string[], kind: AddonKind = CPU): AddonSearch {
  if (process.env['NABLA_NATIVE'] === '0') {
    return { addon: undefined, reason: 'NABLA_NATIVE=0 turns the native addon off', hint: 'Unset NABLA_NATIVE.' };
  }
  const failures: string[] = [];
  for (const path of paths ?? addonPaths(process.env, kind)) {
    if (!existsSync(path)) {
      failures.push(`${path}: no such file`);
      continue;
    }
    try {
      const addon = requireModule(path) as NativeAddon;
      const reason = mismatch(addon);
      if (reason === undefined) return { addon, path };
      failures.push(`${path}: ${reason}`);
    } catch (error) {
      failures.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return {
    addon: undefined,
    reason: `${kind.name} was not loaded. Tried: ${failures.join('; ')}`,
    hint: buildHint(kind),
  };
}

/** Refuses a CPU target that this processor cannot run. `who` names where it was asked for. */
export function checkTarget(addon: NativeAddon, target: string, who = ''): void {
  const available = addon.targets();
  if (available.includes(target)) return;
  const message = `${who}CPU target "${target}" cannot run on this processor. ${suggest(target, available)}`;
  throw new DeviceError('TARGET', message, { target, available });
}

let found: AddonSearch | undefined;
let foundCuda: AddonSearch | undefined;

/** The addon of this process, looked for once. */
export function addonSearch(): AddonSearch {
  found ??= findAddon();
  return found;
}

const GPU_HINT = 'See what `nvidia-smi` says, install or update the NVIDIA driver, or use device cpu.';

/** The addon of device cuda, looked for once and not before it is asked for; it needs a driver and a GPU too. */
export function cudaSearch(): AddonSearch {
  foundCuda ??= findCuda();
  return foundCuda;
}

function findCuda(): AddonSearch {
  const search = findAddon(undefined, CUDA);
  const problem = search.addon?.problem() ?? '';
  return problem === '' ? search : { addon: undefined, reason: problem, hint: GPU_HINT };
}

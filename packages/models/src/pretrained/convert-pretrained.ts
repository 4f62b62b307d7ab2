// SPDX-License-Identifier: Apache-2.0
// From PyTorch's files of weights to safetensors.

import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';

import {
  ArgumentError,
  type TensorSource,
  asFloatType,
  bytesOf,
  checkInteger,
  checkOneOf,
  checkOptions,
  makeFolder,
  openPyTorch,
  writeSafetensorsFrom,
} from '@nabla/core';
import { z } from 'zod';

import { toJson, writeFileAtomically } from '../training/files.ts';
import { COMPANIONS } from './companions.ts';
import { readJsonFile } from './json-file.ts';
import { SENTENCE_FILES, moduleFolders } from './sentence-modules.ts';

const OP = 'convertPretrained';
const PICKLED_FILE = 'pytorch_model.bin';
const PICKLED_INDEX_FILE = 'pytorch_model.bin.index.json';
const FILE_NAMES = ['.pt', '.pth', '.bin'];
const DEFAULT_SHARD_BYTES = 5e9; // that of transformers

/** How far a conversion has come. */
export interface ConvertProgress {
  readonly done: number; // bytes
  readonly total: number; // bytes
}

/** How to convert. */
export interface ConvertOptions {
  /** A folder, or a file NAME.safetensors. Default: the folder of the source. */
  readonly target?: string | undefined;
  /** The type of all float tensors; default that of the source. */
  readonly dtype?: 'F32' | 'F16' | 'BF16' | undefined;
  /** Weights of more bytes than this become several files with an index, none of them larger unless one tensor is. Default: 5e9. */
  readonly shardBytes?: number | undefined;
  /** Whether weights that are in the target already may be replaced. Default: false. */
  readonly force?: boolean | undefined;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
}

/** What a conversion made. */
export interface Converted {
  /** Paths of the files of weights, and of the index if there is one. */
  readonly files: readonly string[];
  /** Names that are not in the files, since their tensor is there under another name: the value. */
  readonly shared: Readonly<Record<string, string>>;
}

/**
 * Makes safetensors of `pytorch_model.bin`, of several such files with an index, or of one file of `torch.save`. No code in the files runs;
 * one piece of one tensor is in memory at a time. Of tensors that are one in PyTorch's memory, such as an output tied to the embedding, the
 * first name in the file is written; `__metadata__` names the others. With a target of its own, config.json and tokenizer go along.
 * All files appear together when they are complete; until then, and on any error, the target stays as it was.
 *
 * @param source  path of a folder or of a file
 * @throws {ArgumentError} there is nothing to convert, or the target has weights already (code `CONVERT`) or cannot be made (code `FOLDER`),
 *   an index is broken (code `PRETRAINED`), a file is damaged or refers to anything but tensors (code `PICKLE`), a value does not fit the type (code `SAFETENSORS`)
 */
export async function convertPretrained(source: string, options: ConvertOptions = {}): Promise<Converted> {
  checkOptions(OP, options, ['target', 'dtype', 'shardBytes', 'force', 'onProgress']);
  const { target, dtype, shardBytes = DEFAULT_SHARD_BYTES, force = false, onProgress } = options;
  if (dtype !== undefined) checkOneOf(OP, 'dtype', dtype, ['F32', 'F16', 'BF16']);
  checkInteger(OP, 'shardBytes', shardBytes, { minimum: 1 });
  const files = await filesOf(source);
  const from = (await isFolder(source)) ? source : dirname(source);
  const isFile = target !== undefined && extname(target) === '.safetensors';
  const folder = target === undefined ? from : isFile ? dirname(target) : target;
  const stem = isFile ? basename(target, '.safetensors') : 'model';
  const index = join(folder, `${stem}.safetensors.index.json`);
  const single = join(folder, `${stem}.safetensors`);
  if (!force) refuseExisting([single, index]);
  const { tensors, shared } = await openAll(files);
  const converted = new Map(
    [...tensors].map(([name, tensor]) => [name, dtype === undefined ? tensor : asFloatType(tensor, dtype, name)]),
  );
  const total = [...converted.values()].reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  const shards = split(converted, shardBytes);
  let done = 0;
  onProgress?.({ done, total });
  makeFolder(OP, folder);
  const staged = await mkdtemp(join(folder, '.nabla-convert-'));
  try {
    const names = shards.map((_, i) =>
      shards.length === 1 ? `${stem}.safetensors` : shardName(stem, i, shards.length),
    );
    for (const [i, shard] of shards.entries()) {
      await writeSafetensorsFrom(
        join(staged, names[i] ?? ''),
        Object.fromEntries(shard),
        metadataOf(shard, shared),
        (bytes) => {
          done += bytes;
          onProgress?.({ done, total });
        },
      );
    }
    if (resolve(from) !== resolve(folder) && (await isFolder(source))) await copyCompanions(from, folder, dtype);
    for (const name of names) await rename(join(staged, name), join(folder, name));
    const paths = names.map((name) => join(folder, name));
    if (shards.length === 1) {
      await rm(index, { force: true }); // of the weights that were replaced
      return { files: paths, shared };
    }
    const owners = shards.flatMap((shard, i) =>
      [...shard.keys()].map((name): [string, string] => [name, names[i] ?? '']),
    );
    writeFileAtomically(index, toJson({ metadata: { total_size: total }, weight_map: Object.fromEntries(owners) }));
    await rm(single, { force: true });
    return { files: [...paths, index], shared };
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

/** The files to convert, each with the names that the index wants from it, where there is an index. */
async function filesOf(source: string): Promise<Map<string, string[] | undefined>> {
  if (!(await isFolder(source))) {
    if (existsSync(source) && FILE_NAMES.includes(extname(source))) return new Map([[source, undefined]]);
    const received = existsSync(source) ? `a file ${basename(source)}` : 'no such file or folder';
    const expected = `to be a folder with ${PICKLED_FILE}, or a file ${FILE_NAMES.map((end) => `*${end}`).join(', ')}`;
    throw convertError(`"${source}"`, expected, received);
  }
  const single = join(source, PICKLED_FILE);
  if (existsSync(single)) return new Map([[single, undefined]]);
  const index = join(source, PICKLED_INDEX_FILE);
  if (!existsSync(index)) {
    const others = existsSync(join(source, 'model.safetensors'))
      ? 'model.safetensors, which needs no conversion'
      : 'neither';
    throw convertError(`"${source}"`, `to have ${PICKLED_FILE} or ${PICKLED_INDEX_FILE}`, others);
  }
  const files = new Map<string, string[]>();
  const { weight_map: map } = await readJsonFile(
    index,
    z.looseObject({ weight_map: z.record(z.string(), z.string()) }),
  );
  for (const [name, file] of Object.entries(map)) {
    const path = join(source, file);
    if (basename(file) !== file || !existsSync(path)) {
      const hint = 'A part of the weights is missing: fetch the folder again, all of it.';
      const expected = 'to name a file of the same folder';
      throw convertError(`"weight_map.${name}" of "${index}"`, expected, `"${file}"`, hint);
    }
    files.set(path, [...(files.get(path) ?? []), name]);
  }
  return files;
}

/** The tensors of all files, without the names that stand for an earlier one, and what those stand for. */
async function openAll(
  files: ReadonlyMap<string, readonly string[] | undefined>,
): Promise<{ tensors: Map<string, TensorSource>; shared: Record<string, string> }> {
  const tensors = new Map<string, TensorSource>();
  const shared = new Map<string, string>();
  for (const [file, wanted] of files) {
    const opened = await openPyTorch(file);
    for (const name of wanted ?? Object.keys(opened.tensors)) {
      const tensor = Object.hasOwn(opened.tensors, name) ? opened.tensors[name] : undefined;
      if (tensor === undefined) throw convertError(`"${file}"`, `to have a tensor "${name}"`, 'none of that name');
      const first = Object.hasOwn(opened.shared, name) ? opened.shared[name] : undefined;
      if (first === undefined || (wanted !== undefined && !wanted.includes(first))) tensors.set(name, tensor);
      else shared.set(name, first);
    }
  }
  return { tensors, shared: Object.fromEntries(shared) };
}

/** Tensors in their order, each file as full as can be. */
function split(tensors: ReadonlyMap<string, TensorSource>, shardBytes: number): Map<string, TensorSource>[] {
  let shard = new Map<string, TensorSource>();
  const shards = [shard];
  let bytes = 0;
  for (const [name, tensor] of tensors) {
    if (bytes + bytesOf(tensor) > shardBytes && shard.size > 0) {
      shards.push((shard = new Map<string, TensorSource>()));
      bytes = 0;
    }
    shard.set(name, tensor);
    bytes += bytesOf(tensor);
  }
  return shards;
}

function shardName(stem: string, index: number, count: number): string {
  const digits = (value: number): string => String(value).padStart(5, '0');
  return `${stem}-${digits(index + 1)}-of-${digits(count)}.safetensors`;
}

/** What transformers asks for, and the names that a file's tensors stand for besides their own. */
function metadataOf(
  shard: ReadonlyMap<string, TensorSource>,
  shared: Readonly<Record<string, string>>,
): Record<string, string> {
  return { format: 'pt', ...Object.fromEntries(Object.entries(shared).filter(([, first]) => shard.has(first))) };
}

/** What else a folder has, with the folders of a sentence encoder's further modules. */
async function copyCompanions(from: string, to: string, dtype: ConvertOptions['dtype']): Promise<void> {
  for (const file of ['config.json', ...COMPANIONS, ...SENTENCE_FILES]) {
    if (existsSync(join(from, file))) await copyFile(join(from, file), join(to, file));
  }
  for (const name of await moduleFolders(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (existsSync(join(source, PICKLED_FILE)) && !existsSync(join(source, 'model.safetensors'))) {
      await convertPretrained(source, { target, dtype, force: true });
      continue;
    }
    makeFolder(OP, target);
    for (const file of ['config.json', 'model.safetensors']) {
      if (existsSync(join(source, file))) await copyFile(join(source, file), join(target, file));
    }
  }
}

function refuseExisting(paths: readonly string[]): void {
  const existing = paths.find((path) => existsSync(path));
  if (existing === undefined) return;
  const hint = 'To replace it: --force, in a program { force: true }. Or name another target.';
  throw convertError('the target', 'to have no weights yet', `"${existing}"`, hint);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function convertError(argument: string, expected: string, received: string, hint?: string): ArgumentError {
  return new ArgumentError({ op: OP, argument, expected, received, hint }, 'CONVERT');
}

// SPDX-License-Identifier: Apache-2.0
// The weights of a published model: one safetensors file, or several with an index.

import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

import {
  type FileType,
  type SafetensorsEntry,
  formatShape,
  readSafetensorsHeader,
  readSafetensorsInto,
} from '@nabla/core';
import type { Module, Parameter } from '@nabla/layers';
import { z } from 'zod';

import { pretrainedError } from './errors.ts';
import { readJsonFile } from './json-file.ts';

export const WEIGHTS_FILE = 'model.safetensors';
export const WEIGHTS_INDEX_FILE = 'model.safetensors.index.json';
/** Weights in another type, as the hub names them: `model.fp16.safetensors`. */
const VARIANT = /^model\.[a-z\d]+\.safetensors$/;
const PICKLED = ['pytorch_model.bin', 'pytorch_model.bin.index.json'];

/** A tensor of a checkpoint, and the file that it is in. */
export interface CheckpointTensor extends SafetensorsEntry {
  readonly file: string;
}

/** The tensors of all files by name. */
export type Checkpoint = ReadonlyMap<string, CheckpointTensor>;

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * What a folder's weights are, without their values.
 *
 * @throws {ArgumentError} there are none, a file is missing (code `PRETRAINED`) or broken (code `SAFETENSORS`)
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const found = new Map<string, CheckpointTensor>();
  for (const [file, wanted] of await filesOf(folder)) {
    const { tensors } = await readSafetensorsHeader(file);
    const names = wanted ?? Object.keys(tensors);
    for (const name of names) {
      const entry = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
      if (entry === undefined) {
        const received = 'none of that name';
        const expected = `to be a tensor of "${file}"`;
        throw pretrainedError({ file: join(folder, WEIGHTS_INDEX_FILE), field: name, expected, received });
      }
      found.set(name, { ...entry, file });
    }
  }
  return found;
}

/** The files of weights, each with the names that the index wants from it, where there is an index. */
async function filesOf(folder: string): Promise<Map<string, string[] | undefined>> {
  const single = join(folder, WEIGHTS_FILE);
  if (existsSync(single)) return new Map([[single, undefined]]);
  const index = join(folder, WEIGHTS_INDEX_FILE);
  if (!existsSync(index)) {
    const variants = (await readdir(folder).catch(() => [])).filter((name) => VARIANT.test(name));
    const [variant] = variants;
    if (variant !== undefined && variants.length === 1) return new Map([[join(folder, variant), undefined]]);
    throw withoutWeights(folder);
  }
  const files = new Map<string, string[]>();
  for (const [name, file] of Object.entries((await readJsonFile(index, indexSchema)).weight_map)) {
    const path = join(folder, file);
    if (basename(file) !== file || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
      const field = `weight_map.${name}`;
      const expected = 'to name a file of the same folder';
      const hint = 'A part of the weights is missing: fetch the folder again, all of it.';
      throw pretrainedError({ file: index, field, expected, received: `"${file}"`, hint });
    }
    files.set(path, [...(files.get(path) ?? []), name]);
  }
  return files;
}

function withoutWeights(folder: string): Error {
  const pickled = PICKLED.find((file) => existsSync(join(folder, file)));
  const expected = `to have ${WEIGHTS_FILE}, or ${WEIGHTS_INDEX_FILE} and the files that it names`;
  const hint = pickled === undefined ? undefined : `Convert it first: nabla convert ${folder}`;
  return pretrainedError({ file: folder, expected, received: pickled ?? 'neither', hint });
}

/** How a module's names stand in a checkpoint. */
export interface Naming {
  /** Where the tensor of each of the module's names is. */
  readonly found: ReadonlyMap<string, string>;
  /** Names of the module that the checkpoint lacks. */
  readonly missing: readonly string[];
  /** Names of the checkpoint that the module lacks. */
  readonly unexpected: readonly string[];
}

/** Other names of a tensor by its own. */
export type Aliases = Readonly<Record<string, readonly string[]>>;

/**
 * Finds each name as it is, with the prefix, or without it; and a norm's `weight` and `bias` as `gamma` and `beta`, as checkpoints
 * that came from TensorFlow have it; and what is not there, under its aliases.
 */
export function findNames(
  own: Iterable<string>,
  checkpoint: Checkpoint,
  prefix: string,
  aliases: Aliases = {},
): Naming {
  const found = new Map<string, string>();
  const missing: string[] = [];
  for (const name of own) {
    const names = [name, ...(aliases[name] ?? [])];
    const spelled = names.flatMap((one) => spellings(one, prefix)).find((candidate) => checkpoint.has(candidate));
    if (spelled === undefined) missing.push(name);
    else found.set(name, spelled);
  }
  const used = new Set(found.values());
  return { found, missing, unexpected: [...checkpoint.keys()].filter((name) => !used.has(name)) };
}

function spellings(name: string, prefix: string): string[] {
  const withPrefix = name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : `${prefix}.${name}`;
  return [name, withPrefix].flatMap((spelled) => [
    spelled,
    spelled.replace(/(LayerNorm)\.weight$/, '$1.gamma').replace(/(LayerNorm)\.bias$/, '$1.beta'),
  ]);
}

/** @throws {ArgumentError} a tensor that the checkpoint has is of another shape (code `PRETRAINED`) */
export function checkShapes(
  expected: Readonly<Record<string, readonly number[]>>,
  checkpoint: Checkpoint,
  { found }: Naming,
): void {
  for (const [name, shape] of Object.entries(expected)) {
    const spelled = found.get(name);
    const entry = spelled === undefined ? undefined : checkpoint.get(spelled);
    if (entry === undefined || formatShape(entry.shape) === formatShape(shape)) continue;
    const hint = 'config.json and the weights are not of the same model.';
    const received = formatShape(entry.shape);
    throw pretrainedError({
      file: entry.file,
      field: spelled ?? name,
      expected: `to be ${formatShape(shape)}`,
      received,
      hint,
    });
  }
}

/** Reads the values of a module, tensor by tensor, into its own tensors. */
export async function readInto(model: Module, checkpoint: Checkpoint, { found }: Naming): Promise<void> {
  // Of a tensor that is read into several of the module's, each after the first has a reading of its own.
  const readings: { file: string; targets: Record<string, Parameter> }[] = [];
  for (const [name, variable] of model.namedState()) {
    const spelled = found.get(name);
    const entry = spelled === undefined ? undefined : checkpoint.get(spelled);
    if (spelled === undefined || entry === undefined) continue;
    const reading = readings.find(({ file, targets }) => file === entry.file && !Object.hasOwn(targets, spelled));
    if (reading === undefined) readings.push({ file: entry.file, targets: { [spelled]: variable } });
    else reading.targets[spelled] = variable;
  }
  for (const { file, targets } of readings) await readSafetensorsInto(file, targets);
}

/** In which type of file each of a module's tensors is, so that it can be saved in the same. */
export function fileTypes(checkpoint: Checkpoint, { found }: Naming): Record<string, FileType> {
  return Object.fromEntries(
    [...found].flatMap(([name, spelled]) => {
      const entry = checkpoint.get(spelled);
      return entry === undefined ? [] : [[name, entry.dtype]];
    }),
  );
}

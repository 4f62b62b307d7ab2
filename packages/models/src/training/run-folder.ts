// SPDX-License-Identifier: Apache-2.0
// A run is a folder: config.json, the JSON files of its recipe, events.jsonl and a checkpoint.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { ArgumentError, makeFolder } from '@nabla/core';
import { z } from 'zod';

import { messageOf, readJson, runFileError, toJson, writeFileAtomically } from './files.ts';
import type { RunFiles } from './recipe.ts';

const configurationSchema = z.object({
  /** The version that started the run. */
  nabla: z.string(),
  recipe: z.string(),
  /** The device that it was started on. */
  device: z.string(),
  config: z.record(z.string(), z.unknown()),
});

/** What config.json holds. */
export type RunConfiguration = Readonly<z.infer<typeof configurationSchema>>;

const CONFIGURATION_FILE = 'config.json';

/**
 * Checks that a new run can have this folder: there is nothing by that name, or an empty folder.
 *
 * @throws {ArgumentError} otherwise (code `EXISTS`)
 */
export function checkNewFolder(folder: string): void {
  const content = contentOf(folder);
  if (content === undefined || content.length === 0) return;
  const isRun = content.includes(CONFIGURATION_FILE);
  const hint = `${isRun ? `To go on with that run: nabla train --resume ${folder}. ` : ''}To start a new one, name another folder.`;
  const received = `${folder}, which ${isRun ? 'is a run' : 'is not empty'}`;
  const mismatch = { op: 'train', argument: 'the folder of the run', expected: 'to be new or empty', received, hint };
  throw new ArgumentError(mismatch, 'EXISTS');
}

/** The names in a folder; undefined if there is nothing by that name. */
function contentOf(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw folderError(folder, 'to be a folder', error);
  }
}

/** Makes the folder of a new run with the files of its recipe. */
export function createRunFolder(folder: string, files: RunFiles): void {
  checkNewFolder(folder); // once more: preparing the data can have taken minutes
  makeFolder('train', folder);
  try {
    for (const [name, content] of Object.entries(files)) writeFileAtomically(join(folder, name), toJson(content));
  } catch (error) {
    throw folderError(folder, 'to be a folder that can be written', error);
  }
}

function folderError(folder: string, expected: string, cause: unknown): ArgumentError {
  const received = messageOf(cause);
  return new ArgumentError({ op: 'train', argument: folder, expected, received }, 'FOLDER', { cause });
}

/** Writes config.json: with it, a folder is a run. */
export function writeRunConfiguration(folder: string, configuration: RunConfiguration): void {
  writeFileAtomically(join(folder, CONFIGURATION_FILE), toJson(configuration));
}

/** @throws {ArgumentError} the folder holds no run (code `RUN`) */
export function readRunConfiguration(folder: string): RunConfiguration {
  return checkRunFile(
    configurationSchema,
    join(folder, CONFIGURATION_FILE),
    readJson(join(folder, CONFIGURATION_FILE)),
  );
}

/** @throws {ArgumentError} a file is missing or not JSON (code `RUN`) */
export function readRunFiles(folder: string, names: readonly string[]): RunFiles {
  return Object.fromEntries(names.map((name) => [name, readJson(join(folder, name))]));
}

/**
 * The content of a run's JSON file as what it must be.
 *
 * @throws {ArgumentError} it is something else (code `RUN`)
 */
export function checkRunFile<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  content: unknown,
): z.infer<Schema> {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw runFileError(path, `a file whose ${issue?.path.join('.') || 'content'} is wrong (${issue?.message ?? ''})`);
}

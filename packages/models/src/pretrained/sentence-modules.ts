// SPDX-License-Identifier: Apache-2.0
// What sentence-transformers puts beside an encoder: modules.json, and the folders that it names.

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

import { z } from 'zod';

import { readJsonFile } from './json-file.ts';

export const MODULES_FILE = 'modules.json';

/** Files of an encoder of sentences beside those of its model; they say nothing of the same model with another head. */
export const SENTENCE_FILES: readonly string[] = [MODULES_FILE, 'sentence_bert_config.json'];

/** A folder inside the folder, or the folder itself. */
const modulePath = z.string().refine((path) => basename(path) === path && path !== '..', {
  error: 'to name a folder beside modules.json',
});

export const modulesSchema = z.array(z.looseObject({ path: modulePath, type: z.string() }));

/**
 * The folders inside a folder that its modules.json names; none where it has no such file.
 *
 * @throws {ArgumentError} modules.json is no list of modules, or names a folder elsewhere (code `PRETRAINED`)
 */
export async function moduleFolders(folder: string): Promise<string[]> {
  const file = join(folder, MODULES_FILE);
  if (!existsSync(file)) return [];
  return (await readJsonFile(file, modulesSchema)).map(({ path }) => path).filter((path) => path !== '');
}

// SPDX-License-Identifier: Apache-2.0
// Which files of a model are fetched: configuration, tokenizer, and one form of its weights.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { WEIGHTS_FILE, WEIGHTS_INDEX_FILE } from '../pretrained/checkpoint.ts';
import { readJsonFile } from '../pretrained/json-file.ts';
import { COMPANIONS } from '../pretrained/companions.ts';

export const CONFIG_FILE = 'config.json';
export const PICKLED_FILE = 'pytorch_model.bin';
export const PICKLED_INDEX_FILE = 'pytorch_model.bin.index.json';

/** Forms of weights, best first: a file, or the index of several. */
const FORMS = [WEIGHTS_FILE, WEIGHTS_INDEX_FILE, PICKLED_FILE, PICKLED_INDEX_FILE] as const;

/** How a model has its weights. */
export type WeightsForm = (typeof FORMS)[number];

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** Files that tell what a model is; weights left out. */
export function smallFiles(listed: readonly string[]): string[] {
  return [CONFIG_FILE, ...COMPANIONS].filter((name) => listed.includes(name));
}

/** The form in which a model's weights are fetched, if it has any that can be read. */
export function weightsForm(listed: readonly string[]): WeightsForm | undefined {
  return FORMS.find((name) => listed.includes(name));
}

export function isPickled(form: WeightsForm): boolean {
  return form === PICKLED_FILE || form === PICKLED_INDEX_FILE;
}

/** The files that an index names, each once. */
export async function filesOfIndex(path: string): Promise<string[]> {
  return [...new Set(Object.values((await readJsonFile(path, indexSchema)).weight_map))];
}

/** Whether a folder has a configuration and all of its weights, in a form that needs no conversion. */
export async function isComplete(folder: string): Promise<boolean> {
  if (!existsSync(join(folder, CONFIG_FILE))) return false;
  if (existsSync(join(folder, WEIGHTS_FILE))) return true;
  const index = join(folder, WEIGHTS_INDEX_FILE);
  return existsSync(index) && (await filesOfIndex(index)).every((file) => existsSync(join(folder, file)));
}

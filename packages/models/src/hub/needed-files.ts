// SPDX-License-Identifier: Apache-2.0
// Which files of a model are fetched: configuration, tokenizer, what prepares its inputs, and one form of its weights.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { WEIGHTS_FILE, WEIGHTS_INDEX_FILE } from '../pretrained/checkpoint.ts';
import { readJsonFile } from '../pretrained/json-file.ts';
import { COMPANIONS } from '../pretrained/companions.ts';
import { SENTENCE_FILES } from '../pretrained/sentence-modules.ts';

export const CONFIG_FILE = 'config.json';
export const PICKLED_FILE = 'pytorch_model.bin';
export const PICKLED_INDEX_FILE = 'pytorch_model.bin.index.json';

/** Forms of weights, best first: a file, or the index of several. */
const FORMS = [WEIGHTS_FILE, WEIGHTS_INDEX_FILE, PICKLED_FILE, PICKLED_INDEX_FILE] as const;

/** How a model has its weights. */
export type WeightsForm = (typeof FORMS)[number];

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** Files that a tokenizer can be made of. */
const TOKENIZER_FILES = ['tokenizer.json', 'vocab.txt', 'vocab.json'];

/** Files that tell what a model is; weights left out. */
export function smallFiles(listed: readonly string[]): string[] {
  return [CONFIG_FILE, ...COMPANIONS, ...SENTENCE_FILES].filter((name) => listed.includes(name));
}

/** Files of the folders that modules.json names: what each is, and its weights where it has any. */
export function moduleFiles(listed: readonly string[], folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    const weights = [WEIGHTS_FILE, PICKLED_FILE].find((name) => listed.includes(`${folder}/${name}`));
    const names = [CONFIG_FILE, ...(weights === undefined ? [] : [weights])];
    return names.map((name) => `${folder}/${name}`).filter((path) => listed.includes(path));
  });
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

/** Whether a folder has a tokenizer, in some form. */
export function hasTokenizer(folder: string): boolean {
  return TOKENIZER_FILES.some((file) => existsSync(join(folder, file)));
}

/** Whether a folder has a configuration and all of its weights, in a form that needs no conversion. */
export async function isComplete(folder: string): Promise<boolean> {
  if (!existsSync(join(folder, CONFIG_FILE))) return false;
  if (existsSync(join(folder, WEIGHTS_FILE))) return true;
  const index = join(folder, WEIGHTS_INDEX_FILE);
  return existsSync(index) && (await filesOfIndex(index)).every((file) => existsSync(join(folder, file)));
}

/** Names of the files that a model has for certain, and of those that it may well have; weights where they are wanted. */
export async function usualFiles(folder: string, weights: boolean): Promise<string[]> {
  const tokenizer = ['tokenizer.json', 'tokenizer_config.json'];
  if (!weights) return tokenizer;
  const index = join(folder, WEIGHTS_INDEX_FILE);
  const parts = existsSync(index) ? await filesOfIndex(index) : [WEIGHTS_FILE];
  return [CONFIG_FILE, ...parts, ...tokenizer, 'generation_config.json'];
}

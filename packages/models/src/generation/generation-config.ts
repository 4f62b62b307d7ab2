// SPDX-License-Identifier: Apache-2.0
// How a published model is meant to write: generation_config.json, which gives the defaults of generation.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { type PretrainedModel, pretrainedFields } from '../pretrained/architecture.ts';
import { CONFIG_FILE, originOf } from '../pretrained/from-pretrained.ts';
import { checkFields, readJsonFile } from '../pretrained/json-file.ts';

export const GENERATION_CONFIG_FILE = 'generation_config.json';

const count = z.int().min(0).nullish();
const tokenIds = pretrainedFields.shape.eos_token_id;

/** The fields of generation_config.json that mean something here, all of them optional; others are kept. */
export const generationFields = z.looseObject({
  bos_token_id: tokenIds,
  eos_token_id: tokenIds,
  pad_token_id: pretrainedFields.shape.pad_token_id,
  decoder_start_token_id: tokenIds,
  forced_bos_token_id: z.int().min(0).nullish(),
  forced_eos_token_id: tokenIds,
  max_length: count,
  max_new_tokens: count,
  min_length: count,
  min_new_tokens: count,
  do_sample: z.boolean().nullish(),
  temperature: z.number().min(0).nullish(),
  top_k: count,
  top_p: z.number().min(0).max(1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().gt(0).nullish(),
  no_repeat_ngram_size: count,
  bad_words_ids: z.array(z.array(z.int().min(0)).min(1)).nullish(),
  suppress_tokens: z.array(z.int()).nullish(),
  begin_suppress_tokens: z.array(z.int()).nullish(),
  num_beams: z.int().min(1).nullish(),
  num_return_sequences: z.int().min(1).nullish(),
  length_penalty: z.number().nullish(),
  early_stopping: z.union([z.boolean(), z.literal('never')]).nullish(),
});

export type GenerationConfig = z.infer<typeof generationFields>;

/**
 * Reads a folder's `generation_config.json`; where there is none, the same fields of its `config.json`, as older folders have them.
 *
 * @throws {ArgumentError} a file is missing or no JSON, or a field is not what it must be (code `PRETRAINED`)
 */
export async function readGenerationConfig(folder: string): Promise<GenerationConfig> {
  const file = join(folder, GENERATION_CONFIG_FILE);
  return readJsonFile(existsSync(file) ? file : join(folder, CONFIG_FILE), generationFields);
}

const known = new WeakMap<PretrainedModel, Promise<GenerationConfig>>();

/**
 * How a model is meant to write: by the generation_config.json of the folder that it was loaded from, else by its configuration, which
 * also tells the special tokens that the file leaves out.
 */
export function generationDefaults(model: PretrainedModel): Promise<GenerationConfig> {
  const before = known.get(model);
  if (before !== undefined) return before;
  const read = readDefaults(model);
  known.set(model, read);
  return read;
}

async function readDefaults(model: PretrainedModel): Promise<GenerationConfig> {
  const folder = originOf(model)?.folder;
  const file = folder === undefined ? undefined : join(folder, GENERATION_CONFIG_FILE);
  if (file === undefined || !existsSync(file)) return checkFields(CONFIG_FILE, model.config, generationFields);
  const { eos_token_id, pad_token_id } = model.config;
  return { eos_token_id, pad_token_id, ...(await readJsonFile(file, generationFields)) };
}

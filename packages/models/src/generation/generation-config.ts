// SPDX-License-Identifier: Apache-2.0
// How a published model is meant to write: generation_config.json, which gives the defaults of generation.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { type PretrainedModel, pretrainedFields } from '../pretrained/architecture.ts';
import { CONFIG_FILE, originOf } from '../pretrained/from-pretrained.ts';
import { checkFields, readJsonFile } from '../pretrained/json-file.ts';

export const GENERATION_CONFIG_FILE = 'generation_config.json';

/** Texts that are written at once for a prompt, at most: each needs memory of its own, and a file may ask for any number. */
export const MOST_SEQUENCES = 1024;

const count = z.int().min(0).nullish();
const tokenIds = pretrainedFields.shape.eos_token_id;

/** A field that asks for something which is not done here, unless it is left out or one of the values that ask for nothing. */
function refused(what: string, ...neutral: readonly unknown[]): z.ZodOptional<z.ZodType<unknown>> {
  const values = neutral.map((value) => `${JSON.stringify(value)} or `).join('');
  const error = `to be ${values}left out, since there is no ${what}`;
  const asksForNothing = (value: unknown): boolean => value === null || neutral.includes(value);
  return z.unknown().refine(asksForNothing, { error }).optional();
}

const share = z.number().min(0).max(1).nullish();

/** The fields of generation_config.json that mean something for what is written, all of them optional; others are kept. */
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
  top_p: share,
  min_p: share,
  typical_p: z.number().gt(0).max(1).nullish(),
  epsilon_cutoff: share,
  eta_cutoff: share,
  sequence_bias: z.array(z.tuple([z.array(z.int().min(0)).min(1), z.number()])).nullish(),
  encoder_repetition_penalty: z.number().gt(0).nullish(),
  repetition_penalty: z.number().gt(0).nullish(),
  no_repeat_ngram_size: count,
  encoder_no_repeat_ngram_size: count,
  bad_words_ids: z.array(z.array(z.int().min(0)).min(1)).nullish(),
  suppress_tokens: z.array(z.int()).nullish(),
  begin_suppress_tokens: z.array(z.int()).nullish(),
  exponential_decay_length_penalty: z.tuple([z.int().min(0), z.number().gt(0)]).nullish(),
  remove_invalid_values: z.boolean().nullish(),
  renormalize_logits: z.boolean().nullish(),
  stop_strings: z.union([z.string(), z.array(z.string())]).nullish(),
  use_cache: z.boolean().nullish(),
  num_beams: z.int().min(1).max(MOST_SEQUENCES).nullish(),
  num_return_sequences: z.int().min(1).max(MOST_SEQUENCES).nullish(),
  length_penalty: z.number().nullish(),
  early_stopping: z.union([z.boolean(), z.literal('never')]).nullish(),
  num_beam_groups: refused('search in groups of beams', 1),
  diversity_penalty: refused('search in groups of beams', 0),
  constraints: refused('constrained search'),
  force_words_ids: refused('constrained search'),
  penalty_alpha: refused('contrastive search', 0),
  dola_layers: refused('decoding by contrasting layers'),
  guidance_scale: refused('guidance without a classifier', 1),
  top_h: refused('sampling by bounded entropy'),
  watermarking_config: refused('watermark'),
  token_healing: refused('token healing', false),
  max_time: refused('limit of time; an AbortSignal stops writing'),
  forced_decoder_ids: refused('list of forced tokens'),
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

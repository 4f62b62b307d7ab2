// SPDX-License-Identifier: Apache-2.0
// A published model that writes, with its tokenizer, from one folder or from the hub.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { PretrainedTokenizer } from '@nabla/data';
import { z } from 'zod';

import { hasTokenizer } from '../hub/needed-files.ts';
import { resolvePretrained } from '../hub/resolve-pretrained.ts';
import { baseOfAdapter, isAdapterFolder, loadAdapted } from '../lora/adapted-model.ts';
import type { PretrainedModel } from '../pretrained/architecture.ts';
import { pretrainedError } from '../pretrained/errors.ts';
import { CONFIG_FILE, type FromPretrainedOptions, fromPretrained } from '../pretrained/from-pretrained.ts';
import { readJsonFile } from '../pretrained/json-file.ts';
import type { GenerativeModel } from './decoding.ts';

/** A model, and what makes its tokens of text. Who loads it disposes of the model. */
export interface TextModel {
  readonly model: GenerativeModel;
  readonly tokenizer: PretrainedTokenizer;
}

/**
 * Loads a model that writes, and its tokenizer. Of a folder with an adapter of PEFT, it is the model that the adapter corrects, with the
 * corrections in its weights; the tokenizer is the adapter's own where it has one.
 *
 * @param source path of a folder, or a name of the hub: `owner/name`, `owner/name@revision`
 * @throws {ArgumentError} as `fromPretrained` and `PretrainedTokenizer.fromFolder`, or the model does not write (code `PRETRAINED`)
 */
export async function loadTextModel(source: string, options: FromPretrainedOptions = {}): Promise<TextModel> {
  const { onProgress } = options;
  const folder = await resolvePretrained(source, { onProgress });
  const isAdapter = isAdapterFolder(folder);
  const tokenized = isAdapter && !hasTokenizer(folder) ? await baseOfAdapter(folder, { onProgress }) : folder;
  const tokenizer = await PretrainedTokenizer.fromFolder(tokenized);
  const model = await (isAdapter ? loadAdapted(folder, options) : fromPretrained(folder, options));
  if (isGenerative(model)) return { model, tokenizer };
  model.dispose();
  const expected = 'to name a model that writes text, such as GPT2LMHeadModel';
  const received = model.constructor.name;
  throw pretrainedError({ file: join(folder, CONFIG_FILE), field: 'architectures', expected, received });
}

/** Whether a model writes text. */
export function isGenerative(model: PretrainedModel): model is PretrainedModel & GenerativeModel {
  return 'newCache' in model && 'logits' in model;
}

const publishedFields = z.looseObject({ architectures: z.unknown().optional(), model_type: z.unknown().optional() });

/**
 * Whether a folder is that of a published model, by its config.json.
 *
 * @throws {ArgumentError} config.json is no JSON (code `PRETRAINED`)
 */
export async function isPretrainedFolder(folder: string): Promise<boolean> {
  const file = join(folder, CONFIG_FILE);
  if (!existsSync(file)) return false;
  const { architectures, model_type: type } = await readJsonFile(file, publishedFields);
  return architectures !== undefined || type !== undefined;
}

// SPDX-License-Identifier: Apache-2.0
// A published model with the corrections of an adapter folder in its weights.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Generator } from '@nabla/core';
import { z } from 'zod';

import { classFor } from '../finetune/classes.ts';
import type { FinetuneConfig } from '../finetune/config.ts';
import { type ResolvePretrainedOptions, resolvePretrained } from '../hub/resolve-pretrained.ts';
import { type PretrainedModel, pretrainedFields } from '../pretrained/architecture.ts';
import { pretrainedError } from '../pretrained/errors.ts';
import { CONFIG_FILE, type FromPretrainedOptions, fromPretrained } from '../pretrained/from-pretrained.ts';
import { readJsonFile } from '../pretrained/json-file.ts';
import { ADAPTER_CONFIG_FILE, loadAdapter } from './peft-files.ts';

const baseFields = z.looseObject({
  base_model_name_or_path: z.string().min(1),
  task_type: z.string().nullish(),
});

/** PEFT's words for the tasks of models that write. */
const TASKS: Readonly<Record<string, FinetuneConfig['task']>> = { CAUSAL_LM: 'causal-lm', SEQ_2_SEQ_LM: 'seq2seq' };

/** Whether a folder holds corrections of another model, as PEFT saves them. */
export function isAdapterFolder(folder: string): boolean {
  return existsSync(join(folder, ADAPTER_CONFIG_FILE));
}

/**
 * The folder of the model that an adapter corrects, by `base_model_name_or_path`: a folder, or a name of the hub.
 *
 * @throws {ArgumentError} the adapter does not say it (code `PRETRAINED`), or that model is not there (codes `PRETRAINED`, `HUB`)
 */
export async function baseOfAdapter(folder: string, options: ResolvePretrainedOptions = {}): Promise<string> {
  const file = join(folder, ADAPTER_CONFIG_FILE);
  const { base_model_name_or_path: base } = await readJsonFile(file, baseFields);
  try {
    return await resolvePretrained(base, options);
  } catch (cause) {
    const received = `"${base}": ${cause instanceof Error ? cause.message : String(cause)}`;
    const expected = 'to be the folder, or the name on the hub, of the model that was corrected';
    throw pretrainedError({ file, field: 'base_model_name_or_path', expected, received }, cause);
  }
}

/**
 * Loads the model that an adapter corrects, and adds the corrections to its weights.
 *
 * @throws {ArgumentError} a file or field is missing or wrong, or the corrections are of another model (codes `PRETRAINED`, `LORA`,
 *   `HUB`); the model does not write (code `PRETRAINED`)
 */
export async function loadAdapted(folder: string, options: FromPretrainedOptions = {}): Promise<PretrainedModel> {
  const file = join(folder, ADAPTER_CONFIG_FILE);
  const { task_type: type } = await readJsonFile(file, baseFields);
  const task = type == null ? undefined : TASKS[type];
  if (type != null && task === undefined) {
    const expected = `to be ${Object.keys(TASKS).join(' or ')}, for a model that writes`;
    const hint = 'A classifier that was fine-tuned here answers by its run: nabla predict RUN.';
    throw pretrainedError({ file, field: 'task_type', expected, received: `"${type}"`, hint });
  }
  const base = await baseOfAdapter(folder, { onProgress: options.onProgress });
  const config = await readJsonFile(join(base, CONFIG_FILE), pretrainedFields);
  const model = await (task === undefined
    ? fromPretrained(base, options)
    : fromPretrained(base, classFor(task, config), options));
  try {
    const lora = await loadAdapter(model, folder, options.generator ?? new Generator(0));
    lora.merge();
    lora.dispose();
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

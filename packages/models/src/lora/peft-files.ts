// SPDX-License-Identifier: Apache-2.0
// Corrections of a model in the files of PEFT: adapter_config.json and adapter_model.safetensors.

import { join } from 'node:path';

import { type Generator, type Tensor, dispose, makeFolder, readSafetensors, writeSafetensors } from '@nabla/core';
import { z } from 'zod';

import type { PretrainedModel } from '../pretrained/architecture.ts';
import { pretrainedError } from '../pretrained/errors.ts';
import { originOf } from '../pretrained/from-pretrained.ts';
import { readJsonFile } from '../pretrained/json-file.ts';
import { type LearnedTask, taskOf } from '../pretrained/task-classes.ts';
import { toJson, writeFileAtomically } from '../training/files.ts';
import { Conv1D } from '../gpt2/model.ts';
import { Lora } from './lora.ts';

export const ADAPTER_CONFIG_FILE = 'adapter_config.json';
const WEIGHTS_FILE = 'adapter_model.safetensors';

/** What PEFT puts in front of every name. */
const PREFIX = 'base_model.model.';

/** A field that gives some layers other numbers than the rest: it must be empty or left out. */
const noPattern = z
  .unknown()
  .refine((value) => value == null || (typeof value === 'object' && Object.keys(value).length === 0), {
    error: 'to be empty or left out, since all corrections have one rank and one alpha here',
  })
  .optional();

/** Ways to start corrections that change the weights of the model itself: they fit no other weights. */
const CHANGES_WEIGHTS = /^(pissa|olora|corda|loftq)/i;

const configSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z.int().min(1).default(8),
  lora_alpha: z.number().positive().default(8),
  lora_dropout: z.number().min(0).lt(1).default(0),
  target_modules: z.union([z.array(z.string()), z.literal('all-linear')]).nullish(),
  modules_to_save: z.array(z.string()).nullish(),
  bias: z.literal('none').default('none'),
  rank_pattern: noPattern,
  alpha_pattern: noPattern,
  init_lora_weights: z
    .unknown()
    .refine((start) => typeof start !== 'string' || !CHANGES_WEIGHTS.test(start), {
      error: 'to leave the weights of the model alone: convert the corrections with PEFT to those of plain LoRA',
    })
    .optional(),
  use_rslora: z.boolean().default(false),
  use_dora: z.literal(false).default(false),
});

/** What PEFT calls the tasks. */
const TASKS: Readonly<Record<LearnedTask, string>> = {
  classification: 'SEQ_CLS',
  'causal-lm': 'CAUSAL_LM',
  seq2seq: 'SEQ_2_SEQ_LM',
};

/** Our name of a tensor → PEFT's. */
function peftName(name: string): string {
  return `${PREFIX}${name.replace(/^(adapters|trained)\./, '')}`;
}

/**
 * Saves corrections as PEFT does: Python's `PeftModel.from_pretrained(model, folder)` loads the folder.
 *
 * @throws {ArgumentError} a file cannot be written
 * @see https://huggingface.co/docs/peft
 */
export async function saveAdapter(model: PretrainedModel, lora: Lora, folder: string): Promise<void> {
  makeFolder('saveAdapter', folder);
  const tensors = Object.fromEntries([...lora.namedState()].map(([name, tensor]) => [peftName(name), tensor]));
  await writeSafetensors(join(folder, WEIGHTS_FILE), tensors, { format: 'pt' });
  const targets = lora.targets.map(lastName);
  const task = taskOf(model.constructor.name);
  const first = [...model.namedModules()].find(([name]) => name === lora.targets[0])?.[1];
  const config = {
    peft_type: 'LORA',
    task_type: task === undefined ? null : TASKS[task],
    base_model_name_or_path: originOf(model)?.folder ?? null,
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    target_modules: [...new Set(targets)],
    modules_to_save: lora.trainedNames.length === 0 ? null : [...new Set(lora.trainedNames.map(lastName))],
    fan_in_fan_out: first instanceof Conv1D,
    bias: 'none',
    use_rslora: false,
    use_dora: false,
    inference_mode: true,
    init_lora_weights: true,
  };
  writeFileAtomically(join(folder, ADAPTER_CONFIG_FILE), toJson(config));
}

function lastName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/**
 * Attaches corrections that PEFT or {@link saveAdapter} saved to a model.
 *
 * @param generator  draws what dropout drops, should they be trained on
 * @throws {ArgumentError} a file or field is missing or wrong, or the corrections are of another model (codes `PRETRAINED`, `LORA`)
 */
export async function loadAdapter(model: PretrainedModel, folder: string, generator: Generator): Promise<Lora> {
  const file = join(folder, ADAPTER_CONFIG_FILE);
  const config = await readJsonFile(file, configSchema);
  const { r: rank, lora_alpha, lora_dropout: dropout, target_modules, modules_to_save, use_rslora } = config;
  const { tensors } = await readSafetensors(join(folder, WEIGHTS_FILE));
  let lora: Lora | undefined;
  try {
    checkRanks(join(folder, WEIGHTS_FILE), tensors, rank);
    const alpha = use_rslora ? lora_alpha * Math.sqrt(rank) : lora_alpha;
    lora = new Lora(model, {
      generator,
      rank,
      alpha,
      dropout,
      ...(target_modules != null && { targets: target_modules }),
      trained: modules_to_save ?? [],
    });
    load(lora, tensors, join(folder, WEIGHTS_FILE));
    return lora;
  } catch (error) {
    lora?.dispose();
    throw error;
  } finally {
    dispose(tensors);
  }
}

/** Before anything of that rank is made. */
function checkRanks(file: string, tensors: Readonly<Record<string, { shape: readonly number[] }>>, rank: number): void {
  const [name, tensor] = Object.entries(tensors).find(([key]) => key.endsWith('lora_A.weight')) ?? [];
  if (tensor?.shape[0] === rank) return;
  const expected = `to hold corrections of rank ${rank}, as ${ADAPTER_CONFIG_FILE} says`;
  const received = tensor === undefined ? 'none' : `${String(name)} of rank ${String(tensor.shape[0])}`;
  throw pretrainedError({ file, expected, received });
}

function load(lora: Lora, tensors: Readonly<Record<string, Tensor>>, file: string): void {
  const names = new Map([...lora.namedState()].map(([name]) => [peftName(name), name]));
  const unknown = Object.keys(tensors).filter((name) => !names.has(name));
  const missing = [...names.keys()].filter((name) => tensors[name] === undefined);
  if (unknown.length > 0 || missing.length > 0) {
    const received = [
      ...(missing.length > 0 ? [`none named ${missing.slice(0, 4).join(', ')}`] : []),
      ...(unknown.length > 0 ? [`${unknown.slice(0, 4).join(', ')} besides`] : []),
    ].join('; ');
    throw pretrainedError({ file, expected: 'to hold the corrections of this model', received });
  }
  const state = Object.entries(tensors).map(([name, values]) => [names.get(name) ?? name, values] as const);
  lora.loadStateDict(Object.fromEntries(state));
}

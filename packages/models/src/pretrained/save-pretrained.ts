// SPDX-License-Identifier: Apache-2.0
// A model into a folder that transformers loads.

import { copyFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { type FileType, makeFolder, writeSafetensors } from '@nabla/core';

import { toJson, writeFileAtomically } from '../training/files.ts';
import type { PretrainedClass, PretrainedModel } from './architecture.ts';
import { architectures } from './architectures.ts';
import { WEIGHTS_FILE } from './checkpoint.ts';
import { COMPANIONS } from './companions.ts';
import { CONFIG_FILE, originOf } from './from-pretrained.ts';

export interface SavePretrainedOptions {
  /** The type of all float tensors in the file; default that of the file that they came from, and F32 for a model that was made here. */
  dtype?: 'F32' | 'F16' | 'BF16';
}

/**
 * Saves a model as transformers does: `config.json` and `model.safetensors`, with the names and types that it was loaded with, and what
 * else its folder had, such as the tokenizer. Python loads the folder unchanged.
 *
 * @throws {ArgumentError} a file cannot be written, or a value is too great for the type
 */
export async function savePretrained(
  model: PretrainedModel,
  folder: string,
  { dtype }: SavePretrainedOptions = {},
): Promise<void> {
  makeFolder('savePretrained', folder);
  const { architecture } = classOf(model);
  const origin = originOf(model);
  const types: Record<string, FileType> = Object.fromEntries(
    [...model.namedState()].map(([name]) => [name, dtype ?? origin?.types[name] ?? 'F32']),
  );
  await writeSafetensors(join(folder, WEIGHTS_FILE), model.stateDict(), { format: 'pt' }, { dtypes: types });
  const { name, modelType } = architecture;
  writeFileAtomically(
    join(folder, CONFIG_FILE),
    toJson({ ...model.config, architectures: [name], model_type: modelType }),
  );
  if (origin === undefined || resolve(origin.folder) === resolve(folder)) return;
  for (const companion of COMPANIONS) {
    const from = join(origin.folder, companion);
    if (existsSync(from)) await copyFile(from, join(folder, companion));
  }
}

function classOf(model: PretrainedModel): PretrainedClass {
  const Class = architectures.find((candidate) => model.constructor === candidate);
  if (Class !== undefined) return Class;
  throw new TypeError(`${model.constructor.name} is not among the architectures`);
}

// SPDX-License-Identifier: Apache-2.0
// A published model from its folder.

import { join } from 'node:path';

import { type FileType, Generator, checkOneOf, checkOptions, suggest } from '@nabla/core';
import type { z } from 'zod';

import { type HubProgress, resolvePretrained } from '../hub/resolve-pretrained.ts';
import { architectures } from './architectures.ts';
import type { PretrainedClass, PretrainedConfig, PretrainedModel } from './architecture.ts';
import { modelNames } from './architecture.ts';
import { checkShapes, fileTypes, findNames, openCheckpoint, readInto } from './checkpoint.ts';
import { pretrainedError } from './errors.ts';
import { initialize } from './initialize.ts';
import { checkFields, readJsonFile } from './json-file.ts';
import { STORAGES, type WeightStorage, storeMatrices, storedTypes } from './storage.ts';
import { withChanges } from './labels.ts';

export const CONFIG_FILE = 'config.json';

export interface FromPretrainedOptions {
  /** Draws what dropout drops while training, and the values of parameters that start anew. Default: `new Generator(0)`. */
  generator?: Generator;
  /**
   * Whether parameters that the checkpoint lacks start anew, as for a head that is to be fine-tuned; default false, an error that
   * names them.
   */
  newParameters?: boolean;
  /** Fields of config.json that are to be others, such as `num_labels`. */
  config?: Readonly<Record<string, unknown>>;
  /**
   * How matrices of weights are kept in memory, see {@link storeMatrices}; default `float32`. With `bfloat16` the model takes half of
   * it, and writes a text in little more than half the time; a checkpoint in BF16 loses nothing.
   */
  storage?: WeightStorage | undefined;
  /** Called again and again while files come from the hub. */
  onProgress?: (progress: HubProgress) => void;
}

/** Where a model came from, for saving it again as it was. */
export interface Origin {
  readonly folder: string;
  /** The type of each tensor in the files. */
  readonly types: Readonly<Record<string, FileType>>;
}

const origins = new WeakMap<PretrainedModel, Origin>();

/** Where a model was loaded from, if it was. */
export function originOf(model: PretrainedModel): Origin | undefined {
  return origins.get(model);
}

/**
 * Loads a model from a folder as the Hugging Face hub has it: `config.json` and `model.safetensors`, or several such files with an
 * index; or from the hub itself, by its name (see {@link resolvePretrained}). Values of any float type become float32; they are read
 * in pieces, straight into the model. The model is in evaluation mode: dropout does nothing until `train()`.
 *
 * @param source  path of a folder, or a name of the hub: `owner/name`, `owner/name@revision`
 * @param Class   the class to load; default the one that config.json names
 * @throws {ArgumentError} a file or field is missing or wrong, an unknown architecture, a tensor of another shape, a parameter that
 *   the checkpoint lacks (code `PRETRAINED`); a broken file of weights (code `SAFETENSORS`); a model that the hub does not
 *   give (code `HUB`)
 * @see https://huggingface.co/docs/transformers
 */
export async function fromPretrained<Config extends PretrainedConfig, Model extends PretrainedModel<Config>>(
  source: string,
  Class: PretrainedClass<Config, Model>,
  options?: FromPretrainedOptions,
): Promise<Model>;
export async function fromPretrained(source: string, options?: FromPretrainedOptions): Promise<PretrainedModel>;
export async function fromPretrained(
  source: string,
  second: PretrainedClass | FromPretrainedOptions = {},
  third: FromPretrainedOptions = {},
): Promise<PretrainedModel> {
  const [chosen, options] = typeof second === 'function' ? [second, third] : [undefined, second];
  checkOptions('fromPretrained', options, ['generator', 'newParameters', 'config', 'storage', 'onProgress']);
  const { generator = new Generator(0), newParameters = false, config: changes = {}, onProgress } = options;
  const { storage = 'float32' } = options;
  checkOneOf('fromPretrained', 'storage', storage, STORAGES);
  const folder = await resolvePretrained(source, { onProgress });
  const file = join(folder, CONFIG_FILE);
  const raw = withChanges(await readJsonFile(file, modelNames), changes);
  const Class = chosen ?? findClass(file, raw);
  const { architecture } = Class;
  const config = checkFields(file, raw, architecture.schema);
  const checkpoint = await openCheckpoint(folder);
  const heads = architecture.headAnchors?.(config) ?? {};
  const anchors = { ...architecture.anchors(config), ...heads };
  const aliases = architecture.aliases?.(config);
  const anchored = findNames(Object.keys(anchors), checkpoint, architecture.prefix, aliases);
  refuseMissing(
    folder,
    newParameters ? anchored.missing.filter((name) => !Object.hasOwn(heads, name)) : anchored.missing,
  );
  checkShapes(anchors, checkpoint, anchored);
  const model = generator.withoutDrawing(() => new Class(config, generator)).eval();
  try {
    const state = Object.fromEntries([...model.namedState()].map(([name, { shape }]) => [name, shape]));
    const naming = findNames(Object.keys(state), checkpoint, architecture.prefix, aliases);
    const missing = naming.missing.filter((name) => architecture.optional?.includes(name) !== true);
    if (!newParameters) refuseMissing(folder, missing);
    checkShapes(state, checkpoint, naming);
    if (storage === 'bfloat16') storeMatrices(model); // before there are values: they come in pieces, and take no more memory
    await readInto(model, checkpoint, naming);
    initialize(model, generator, () => config.initializer_range, new Set(missing));
    if (storage === 'bfloat16') storeMatrices(model); // what began anew; and on other devices the values are rounded now
    const types = fileTypes(checkpoint, naming);
    origins.set(model, { folder, types: storage === 'bfloat16' ? { ...types, ...storedTypes(model) } : types });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * The class of the model in a folder, as its config.json names it.
 *
 * @throws {ArgumentError} config.json is missing or no JSON, or names no class that is known (code `PRETRAINED`)
 */
export async function classInFolder(folder: string): Promise<PretrainedClass> {
  const file = join(folder, CONFIG_FILE);
  return findClass(file, await readJsonFile(file, modelNames));
}

function refuseMissing(folder: string, missing: readonly string[]): void {
  if (missing.length === 0) return;
  const shown = missing.slice(0, 8).join(', ');
  const more = missing.length > 8 ? ` and ${missing.length - 8} more` : '';
  const hint = 'The weights are of another model. For a head that is to be trained: { newParameters: true }.';
  throw pretrainedError({
    file: folder,
    expected: 'to have all weights',
    received: `none named ${shown}${more}`,
    hint,
  });
}

/** The class that a configuration names: by its architecture, else by the type of its model. */
function findClass(
  file: string,
  { architectures: named, model_type: type }: z.infer<typeof modelNames>,
): PretrainedClass {
  const known = architectures.map(({ architecture }) => architecture.name);
  const byName = architectures.find(({ architecture }) => named?.includes(architecture.name));
  const Class =
    byName ?? architectures.find(({ architecture }) => (named ?? []).length === 0 && architecture.modelType === type);
  if (Class !== undefined) return Class;
  const name = named?.[0] ?? type;
  const received = name === undefined ? 'none' : `"${name}"`;
  const near = name === undefined ? undefined : suggest(name, known);
  const expected = `to be one of ${known.join(', ')}`;
  throw pretrainedError({ file, field: 'architectures', expected, received, hint: near });
}

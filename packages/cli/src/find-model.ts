// SPDX-License-Identifier: Apache-2.0
// What a word on the command line stands for: a published model in a folder or on the hub, an adapter, or a run.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { ArgumentError } from '@nabla/core';
import {
  TRAINED_FOLDERS,
  isAdapterFolder,
  isPretrainedFolder,
  readRunConfiguration,
  resolvePretrained,
} from '@nabla/models';

import type { Output } from './output.ts';
import { formatBytes } from './render/format.ts';
import { Progress } from './render/progress.ts';

/** What commands say of the model that they take: one that is published, or `own` besides. */
export function modelArgument(own?: string): string {
  const folder = own === undefined ? 'folder of a model' : `folder of a model, or of ${own}`;
  return `${folder}; or its name on the Hugging Face hub: owner/name, owner/name@revision`;
}

/** A model that was found. */
export interface FoundModel {
  /** As it was asked for. */
  readonly source: string;
  /** `adapter`: corrections of a published model; `run`: one of ours that no other program reads. */
  readonly kind: 'published' | 'adapter' | 'run';
  readonly folder: string;
  /** The recipe of the run that the model is of, if it is of one. */
  readonly recipe?: string | undefined;
}

/**
 * Finds a model; one of the hub is fetched into the cache. The model of a fine-tuned run is what its training saved, as the hub has it.
 *
 * @throws {ArgumentError} the folder holds no model (code `MODEL`), or there is none of that name (codes `PRETRAINED`, `HUB`)
 */
export async function findModel(source: string, output: Output): Promise<FoundModel> {
  if (!existsSync(source) && /^runs[/\\]/.test(source)) throw withoutRun(source); // nothing to ask a hub for
  if (!isFolder(source)) return { source, kind: 'published', folder: await fetchModel(source, output) };
  if (isAdapterFolder(source)) return { source, kind: 'adapter', folder: source };
  if (existsSync(join(source, 'modules.json')) || (await isPretrainedFolder(source))) {
    return { source, kind: 'published', folder: source };
  }
  if (!existsSync(join(source, 'config.json'))) throw withoutModel(source);
  const { recipe } = readRunConfiguration(source);
  const [model, adapter] = [join(source, TRAINED_FOLDERS.model), join(source, TRAINED_FOLDERS.adapter)];
  if (isFolder(model)) return { source, kind: 'published', folder: model, recipe };
  if (isFolder(adapter)) return { source, kind: 'adapter', folder: adapter, recipe };
  return { source, kind: 'run', folder: source, recipe };
}

/**
 * The folder of a published model, fetched first where it is not there; shows how far that has come.
 *
 * @param weights whether more is needed than the tokenizer
 */
export async function fetchModel(source: string, output: Output, { weights = true } = {}): Promise<string> {
  const progress = new Progress(output, formatBytes);
  try {
    return await resolvePretrained(source, {
      weights,
      onProgress: ({ file, received, total }) => progress.show(file, received, total),
    });
  } finally {
    progress.stop();
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function withoutRun(source: string): ArgumentError {
  const others = existsSync('runs') ? readdirSync('runs').map((name) => join('runs', name)) : [];
  const hint = others.length === 0 ? 'There are no runs here.' : `There are ${others.slice(-8).join(', ')}.`;
  const mismatch = { op: 'nabla', argument: `"${source}"`, expected: 'to be a run', received: 'no such folder', hint };
  return new ArgumentError(mismatch, 'MODEL');
}

function withoutModel(folder: string): ArgumentError {
  const names = readdirSync(folder);
  const shown = names.slice(0, 8).join(', ') + (names.length > 8 ? ', …' : '');
  const expected = 'to have a config.json, of a published model or a run, or an adapter_config.json';
  const received = names.length === 0 ? 'an empty folder' : shown;
  return new ArgumentError({ op: 'nabla', argument: `"${folder}"`, expected, received }, 'MODEL');
}

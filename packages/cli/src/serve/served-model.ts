// SPDX-License-Identifier: Apache-2.0
// What a server serves: a model that writes, or one that makes vectors of texts.

import { basename, resolve } from 'node:path';

import { ArgumentError } from '@nabla/core';
import { SentenceEmbedder, type WeightStorage, isSentenceEncoder, loadTextModel, openRun } from '@nabla/models';

import { checkAbility } from '../abilities.ts';
import type { FoundModel } from '../find-model.ts';
import { refuseBest } from '../model.ts';
import { ServeError } from './errors.ts';
import { PublishedWriter, RunWriter, type Writer } from './writer.ts';

/** A model that is loaded, and what it is called in requests and answers. */
export interface ServedModel {
  readonly name: string;
  /** When it was loaded, in seconds. */
  readonly created: number;
  readonly writer: Writer | undefined;
  readonly embedder: SentenceEmbedder | undefined;
}

export interface ServedOptions {
  /** How a published model keeps its matrices. */
  readonly storage?: WeightStorage | undefined;
  /** Of a run, the weights with the best held-out loss instead of the last ones. */
  readonly best?: true | undefined;
}

/**
 * Loads a model to serve: a published one, one with corrections, or that of a run that writes.
 *
 * @throws {ArgumentError} a file is missing or wrong, the model can do nothing that is asked of a server (code `MODEL`), or `best` of a
 *   model that is no run's (code `OPTION`)
 */
export async function loadServed(found: FoundModel, options: ServedOptions = {}): Promise<ServedModel> {
  const { best, storage } = options;
  const { source, kind, folder, recipe } = found;
  const isOfHub = kind === 'published' && recipe === undefined && source !== folder;
  const name = isOfHub ? source : basename(resolve(source));
  const head = { name, created: Math.floor(Date.now() / 1000), writer: undefined, embedder: undefined };
  if (kind === 'run') return { ...head, writer: await openWriter(found, best) };
  refuseBest('serve', best);
  await checkAbility('serve', found);
  if (kind === 'published' && (await isSentenceEncoder(folder))) {
    return { ...head, embedder: await SentenceEmbedder.fromFolder(folder, { storage }) };
  }
  return { ...head, writer: new PublishedWriter(await loadTextModel(folder, { storage })) };
}

/** The model of a run that goes on with texts. */
async function openWriter({ source, folder, recipe }: FoundModel, best: true | undefined): Promise<Writer> {
  if (recipe === 'finetune') {
    const expected = 'to be finished: the model that it learns is saved at its end';
    const hint = `Go on with it: nabla train --resume ${source}`;
    const mismatch = { op: 'serve', argument: `"${source}"`, expected, received: 'a run under way', hint };
    throw new ArgumentError(mismatch, 'MODEL');
  }
  const restored = await openRun(folder, best === true ? 'best' : 'last');
  if (restored.generate !== undefined) return new RunWriter(restored, restored.generate);
  restored.model.dispose();
  const expected = 'to be a model that writes, or an encoder of texts';
  const hint = `Of runs, those are served that nabla generate can go on with. This one answers with nabla predict ${source}.`;
  const received = `a run of the recipe ${String(recipe)}`;
  throw new ArgumentError({ op: 'serve', argument: `"${source}"`, expected, received, hint }, 'MODEL');
}

/** Frees a model. */
export function disposeServed({ writer, embedder }: ServedModel): void {
  writer?.dispose();
  embedder?.dispose();
}

/** @throws {ServeError} the model makes vectors, not texts */
export function writerOf({ writer, name }: ServedModel): Writer {
  if (writer !== undefined) return writer;
  throw new ServeError(400, 'model_not_generative', `"${name}" does not write: /v1/embeddings makes vectors.`, 'model');
}

/** @throws {ServeError} the model writes texts, and makes no vectors */
export function embedderOf({ embedder, name }: ServedModel): SentenceEmbedder {
  if (embedder !== undefined) return embedder;
  throw new ServeError(400, 'model_without_embeddings', `"${name}" makes no vectors: it writes texts.`, 'model');
}

/** @throws {ServeError} a request asks for another model (status 404) */
export function checkModel({ name }: ServedModel, asked: string | null | undefined): void {
  if (asked == null || asked === name) return;
  const message = `The model "${asked.slice(0, 200)}" is not served here: "${name}" is.`;
  throw new ServeError(404, 'model_not_found', message, 'model');
}

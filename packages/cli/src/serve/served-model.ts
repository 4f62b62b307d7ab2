// SPDX-License-Identifier: Apache-2.0
// What a server serves: a published model that writes, or one that makes vectors of texts.

import { basename, join } from 'node:path';

import type { PretrainedTokenizer } from '@nabla/data';
import {
  type GenerativeModel,
  SentenceEmbedder,
  type WeightStorage,
  isSentenceEncoder,
  loadTextModel,
} from '@nabla/models';

import { ServeError } from './errors.ts';

/** A model that is loaded, and what it is called in requests and answers. */
export interface ServedModel {
  readonly name: string;
  readonly tokenizer: PretrainedTokenizer;
  readonly writer: GenerativeModel | undefined;
  readonly embedder: SentenceEmbedder | undefined;
}

/**
 * Loads a model to serve.
 *
 * @throws {ArgumentError} a file is missing or wrong, or the tokenizer has tokens that the model does not know
 */
export async function loadServed(
  folder: string,
  options: { storage?: WeightStorage | undefined } = {},
): Promise<ServedModel> {
  const name = basename(join(folder, '.'));
  if (await isSentenceEncoder(folder)) {
    const embedder = await SentenceEmbedder.fromFolder(folder, options);
    return { name, tokenizer: embedder.tokenizer, writer: undefined, embedder };
  }
  const { model, tokenizer } = await loadTextModel(folder, options);
  return { name, tokenizer, writer: model, embedder: undefined };
}

/** Frees a model. */
export function disposeServed({ writer, embedder }: ServedModel): void {
  writer?.dispose();
  embedder?.dispose();
}

/** @throws {ServeError} the model makes vectors, not texts */
export function writerOf({ writer, name }: ServedModel): GenerativeModel {
  if (writer !== undefined) return writer;
  throw new ServeError(400, 'model_not_generative', `"${name}" does not write: /v1/embeddings makes vectors.`, 'model');
}

/** @throws {ServeError} the model writes texts, and makes no vectors */
export function embedderOf({ embedder, name }: ServedModel): SentenceEmbedder {
  if (embedder !== undefined) return embedder;
  throw new ServeError(400, 'model_without_embeddings', `"${name}" makes no vectors: it writes texts.`, 'model');
}

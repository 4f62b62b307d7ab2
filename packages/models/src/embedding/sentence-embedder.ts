// SPDX-License-Identifier: Apache-2.0
// Texts as vectors whose angles say how alike they are, by a published encoder.

import { setImmediate as nextTick } from 'node:timers/promises';

import {
  ArgumentError,
  type Tensor,
  checkInteger,
  checkOptions,
  div,
  maximum,
  noGrad,
  scope,
  tensor2d,
  vectorNorm,
} from '@nabla/core';
import { PretrainedTokenizer } from '@nabla/data';
import type { Module } from '@nabla/layers';

import type { EncoderModel } from '../heads/encoder-model.ts';
import { type HubProgress, resolvePretrained } from '../hub/resolve-pretrained.ts';
import { checkVocabulary } from '../pretrained/check-vocabulary.ts';
import { pretrainedError } from '../pretrained/errors.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import type { WeightStorage } from '../pretrained/storage.ts';
import { type Dense, loadDense } from './dense.ts';
import { findEncoderClass } from './encoders.ts';
import { pool } from './pooling.ts';
import { type SentenceSettings, readSentenceSettings } from './sentence-settings.ts';

export interface SentenceEmbedderOptions {
  /** Whether vectors get length 1; default what the folder says, and true where it says nothing. */
  readonly normalize?: boolean | undefined;
  /** The most tokens of a text; what is longer is cut. Default what the folder says, else all that the encoder has positions for. */
  readonly maximumLength?: number | undefined;
  /** How the encoder's matrices are kept in memory; default float32. */
  readonly storage?: WeightStorage | undefined;
  /** Called again and again while files come from the hub. */
  readonly onProgress?: ((progress: HubProgress) => void) | undefined;
}

export interface EmbedOptions {
  /** Texts that are computed at once; default 32. */
  readonly batchSize?: number | undefined;
  /** Stops before the next batch; the error is its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Texts that are turned into tokens before others get their turn. */
const TEXTS_AT_ONCE = 256;

/**
 * Makes vectors of texts as sentence-transformers does: the encoder's vectors of all tokens, pooled into one.
 *
 * Texts of similar length are computed together, since a batch is as long as its longest; between batches others get their turn.
 *
 * @see Reimers & Gurevych 2019, https://arxiv.org/abs/1908.10084
 */
export class SentenceEmbedder {
  /** Numbers of a vector. */
  readonly features: number;
  /** The most tokens of a text, those of the model's own among them. */
  readonly maximumLength: number;
  readonly encoder: EncoderModel;
  readonly tokenizer: PretrainedTokenizer;
  readonly settings: SentenceSettings;
  readonly #dense: readonly Dense[];

  private constructor(
    encoder: EncoderModel,
    tokenizer: PretrainedTokenizer,
    dense: readonly Dense[],
    settings: SentenceSettings,
  ) {
    const { features, context } = encoder;
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.#dense = dense;
    this.features = dense.at(-1)?.outputs ?? settings.pooling.length * features;
    this.maximumLength = Math.min(settings.maximumLength ?? context, context);
  }

  /**
   * Loads an encoder, its tokenizer, and what else `modules.json` names. Without that file it is the mean of all tokens.
   *
   * @param source path of a folder, or a name of the hub: `owner/name`, `owner/name@revision`
   * @throws {ArgumentError} a file is missing, broken, or of a kind that is not known: names file and field (code `PRETRAINED`, or one
   *   of the tokenizer's); a model that the hub does not give (code `HUB`)
   */
  static async fromFolder(source: string, options: SentenceEmbedderOptions = {}): Promise<SentenceEmbedder> {
    const op = 'SentenceEmbedder.fromFolder';
    checkOptions(op, options, ['normalize', 'maximumLength', 'onProgress', 'storage']);
    const found = await readSentenceSettings(await resolvePretrained(source, { onProgress: options.onProgress }));
    const { normalize = found.normalize, maximumLength = found.maximumLength } = options;
    if (maximumLength !== undefined) checkInteger(op, 'maximumLength', maximumLength, { minimum: 1 });
    const settings = { ...found, normalize, ...(maximumLength !== undefined && { maximumLength }) };
    const tokenizer = await PretrainedTokenizer.fromFolder(settings.encoderFolder);
    const Class = await findEncoderClass(settings.encoderFolder);
    const encoder = await fromPretrained(settings.encoderFolder, Class, { storage: options.storage });
    const dense: Dense[] = [];
    try {
      checkPooled(settings, encoder.features);
      for (const place of settings.denseFolders) {
        const inputs = dense.at(-1)?.outputs ?? settings.pooling.length * encoder.features;
        dense.push(await loadDense(place, inputs));
      }
    } catch (error) {
      disposeAll([encoder, ...dense]);
      throw error;
    }
    return new SentenceEmbedder(encoder, tokenizer, dense, settings);
  }

  /**
   * The vectors of texts, in their order.
   *
   * @returns a row of {@link features} numbers for each text
   */
  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Float32Array[]> {
    const rows: number[][] = [];
    for (let at = 0; at < texts.length; at += TEXTS_AT_ONCE) {
      const part = texts.slice(at, at + TEXTS_AT_ONCE).map((text) => this.#prepared(text));
      rows.push(...this.tokenizer.encodeBatch(part, { maximumLength: this.maximumLength }).inputIds);
      await nextTick();
      options.signal?.throwIfAborted();
    }
    const vocabulary = Number(this.encoder.config['vocab_size']);
    for (const row of rows) {
      checkVocabulary('SentenceEmbedder.embed', row, vocabulary, (id) => this.tokenizer.tokenOf(id));
    }
    return this.embedTokens(rows, options);
  }

  /**
   * The vectors of texts that are tokens already, special ones among them.
   *
   * @param rows  the token ids of each text, at least one
   * @throws {ArgumentError} a row is empty or longer than the encoder has positions for
   */
  async embedTokens(rows: readonly (readonly number[])[], options: EmbedOptions = {}): Promise<Float32Array[]> {
    const op = 'SentenceEmbedder.embed';
    checkOptions(op, options, ['batchSize', 'signal']);
    const { batchSize = 32, signal } = options;
    checkInteger(op, 'batchSize', batchSize, { minimum: 1 });
    const empty = rows.findIndex(({ length }) => length === 0);
    if (empty !== -1) {
      throw new ArgumentError({ op, argument: `text ${empty}`, expected: 'to have a token', received: 'none' });
    }
    // The longest come first: if memory is too small, that shows at once.
    const order = Array.from(rows.keys()).sort((a, b) => (rows[b]?.length ?? 0) - (rows[a]?.length ?? 0));
    const vectors = new Array<Float32Array>(rows.length);
    for (let at = 0; at < order.length; at += batchSize) {
      const places = order.slice(at, at + batchSize);
      const batch = this.#compute(places.map((place) => rows[place] ?? []));
      for (const [i, place] of places.entries())
        vectors[place] = batch.slice(i * this.features, (i + 1) * this.features);
      await nextTick();
      signal?.throwIfAborted();
    }
    return vectors;
  }

  /** Frees the encoder's memory. */
  dispose(): void {
    disposeAll([this.encoder, ...this.#dense]);
  }

  #prepared(text: string): string {
    return this.settings.lowerCase ? text.trim().toLowerCase() : text.trim();
  }

  /** The vectors of one batch, one after the other. */
  #compute(rows: readonly (readonly number[])[]): Float32Array {
    const lengths = rows.map(({ length }) => length);
    const time = Math.max(...lengths);
    const shape: [number, number] = [rows.length, time];
    const padding = this.encoder.config.pad_token_id ?? 0;
    const perToken = (f: (index: number, row: readonly number[]) => number): Tensor => {
      const values = rows.flatMap((row) => Array.from({ length: time }, (_, index) => f(index, row)));
      return tensor2d(Int32Array.from(values), shape, 'int32');
    };
    return noGrad(() =>
      scope(() => {
        const tokens = perToken((index, row) => row[index] ?? padding);
        const isPadded = lengths.some((length) => length < time);
        const mask = isPadded ? perToken((index, row) => Number(index < row.length)) : undefined;
        const hidden = this.encoder.forward(tokens, { attentionMask: mask }); // [batch, time, features]
        const pooled = pool(hidden, lengths, this.settings.pooling);
        const vectors = this.#dense.reduce((x, dense) => dense.forward(x), pooled); // [batch, features]
        const values = (this.settings.normalize ? normalized(vectors) : vectors).dataSync<'float32'>().slice();
        checkFinite(values);
        return values;
      }),
    );
  }
}

/** @throws {ArgumentError} the pooling is made for another encoder (code `PRETRAINED`) */
function checkPooled({ pooled }: SentenceSettings, features: number): void {
  if (pooled === undefined || pooled.features === features) return;
  const field = 'word_embedding_dimension';
  const expected = `to be ${features}, the features of the encoder`;
  throw pretrainedError({ file: pooled.file, field, expected, received: String(pooled.features) });
}

/** @throws {ArgumentError} a number is not finite (code `EMBED`) */
function checkFinite(values: Float32Array): void {
  const broken = values.find((value) => !Number.isFinite(value));
  if (broken === undefined) return;
  const hint = 'The weights of the model may be broken.';
  const mismatch = { expected: 'to be finite numbers', received: String(broken), hint };
  throw new ArgumentError({ op: 'SentenceEmbedder.embed', argument: 'the vectors', ...mismatch }, 'EMBED');
}

/** `x / max(‖x‖, 1e-12)`: `[batch, features]`, each row of length 1. */
function normalized(x: Tensor): Tensor {
  return div(x, maximum(vectorNorm(x, { axis: -1, keepDims: true }), 1e-12));
}

function disposeAll(modules: readonly Module[]): void {
  for (const module of modules) module.dispose();
}

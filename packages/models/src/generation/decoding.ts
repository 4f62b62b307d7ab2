// SPDX-License-Identifier: Apache-2.0
// A decoder at work: rows of tokens go in, the logits of their next tokens come out, and what was computed is kept.

import { setImmediate as nextTick } from 'node:timers/promises';

import { type Tensor, dispose, gather, keep, noGrad, reshape, scope, slice, tensor1d, tensor2d } from '@nabla/core';

import type { PretrainedConfig } from '../pretrained/architecture.ts';
import type { KeyValueCache } from './cache.ts';
import type { CausalModel } from './causal-model.ts';
import type { DecoderInputs } from './decoder-mask.ts';
import type { Encoded, EncoderDecoderModel } from './encoder-decoder-model.ts';

/** A model that writes. */
export type GenerativeModel<Config extends PretrainedConfig = PretrainedConfig> =
  CausalModel<Config> | EncoderDecoderModel<Config>;

/** Whether a model reads with an encoder what its decoder answers. */
export function isEncoderDecoder(model: GenerativeModel): model is EncoderDecoderModel {
  return 'encode' in model;
}

/** Rows of tokens of one length. */
export type TokenRows = readonly (readonly number[])[];

/** Rows of 1 for a token and 0 for padding. */
export type MaskRows = TokenRows;

/** int32 `[rows, time]`. */
function tensorOf(rows: TokenRows): Tensor {
  return tensor2d(Int32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0], 'int32');
}

/** Products of a parameter and a value that one pass over a prompt computes before others get a turn. 2e9: 16 tokens of GPT-2. */
const PRODUCTS = 2e9;
/** Fewer tokens take no less time: the weights have to be read for one as for all. */
const LEAST_TOKENS = 16;

interface DecodingOptions {
  /** Whether keys and values are kept. */
  readonly cache: boolean;
  /** What the decoder of an encoder-decoder sees; the decoding frees it. */
  readonly encoded?: Encoded | undefined;
  readonly tokensPerPass?: number | undefined;
}

/**
 * The state of writing several rows at once. A pass computes new tokens alone where there is a cache, else all of them anew.
 * Who makes it disposes of it.
 */
export class Decoding {
  private readonly model: GenerativeModel;
  private readonly cache: KeyValueCache | undefined;
  private encoded: Encoded | undefined;
  /** All tokens, padding included. */
  private tokens: number[][] = [];
  /** 1 for a token, 0 for padding; undefined where there is none. */
  private mask: number[][] | undefined;
  private readonly chunk: number;

  constructor(model: GenerativeModel, { cache, encoded, tokensPerPass }: DecodingOptions) {
    this.model = model;
    this.cache = cache ? model.newCache() : undefined;
    this.encoded = encoded;
    this.chunk = tokensPerPass ?? tokensPerPassOf(model);
  }

  /**
   * Takes in the beginning of each row, in pieces between which the event loop goes on.
   *
   * @returns logits of the next token of each row, `[vocabulary]`
   */
  async begin(rows: TokenRows, mask: MaskRows | undefined, signal?: AbortSignal): Promise<Float32Array[]> {
    const padded = mask?.some((row) => row.includes(0)) === true;
    this.tokens = rows.map(() => []);
    this.mask = padded ? mask?.map((row) => [...row]) : undefined;
    const time = rows[0]?.length ?? 0;
    const chunk = this.cache === undefined ? time : this.chunk;
    for (let at = 0; at + chunk < time; at += chunk) {
      this.pass(rows.map((row) => row.slice(at, at + chunk)));
      await nextTick();
      signal?.throwIfAborted();
    }
    const done = this.tokens[0]?.length ?? 0;
    return this.next(rows.map((row) => row.slice(done)));
  }

  /**
   * Takes in the next tokens of each row.
   *
   * @returns logits of the tokens after them, `[vocabulary]` for each row
   */
  next(rows: TokenRows): Float32Array[] {
    const flat = this.pass(rows, (last) => this.model.logits(last).dataSync<'float32'>());
    const vocabulary = flat.length / rows.length;
    return rows.map((_, row) => flat.subarray(row * vocabulary, (row + 1) * vocabulary));
  }

  /** Goes on with row `rows[i]` as row i. */
  reorder(rows: readonly number[]): void {
    const pick = <T>(all: readonly T[]): T[] => rows.flatMap((row) => all.slice(row, row + 1));
    this.cache?.reorder(rows);
    const { encoded } = this;
    if (encoded !== undefined) {
      this.encoded = scope(() => {
        const order = tensor1d([...rows], 'int32');
        const { states, attentionMask } = encoded;
        return {
          states: keep(gather(states, order)),
          attentionMask: attentionMask && keep(gather(attentionMask, order)),
        };
      });
      dispose(encoded);
    }
    this.tokens = pick(this.tokens).map((row) => [...row]);
    this.mask = this.mask && pick(this.mask).map((row) => [...row]);
  }

  dispose(): void {
    this.cache?.dispose();
    dispose(this.encoded);
    this.encoded = undefined;
  }

  /** Computes new tokens, and what `use` makes of the features of the last one of each row, `[rows, features]`. */
  private pass(rows: TokenRows): undefined;
  private pass<T>(rows: TokenRows, use: (last: Tensor) => T): T;
  private pass<T>(rows: TokenRows, use?: (last: Tensor) => T): T | undefined {
    this.tokens.forEach((row, i) => row.push(...(rows[i] ?? [])));
    const length = this.tokens[0]?.length ?? 0;
    this.mask?.forEach((row) => row.push(...new Array<number>(Math.max(0, length - row.length)).fill(1)));
    const fed = this.cache === undefined ? this.tokens : rows;
    return scope(() =>
      noGrad(() => {
        const hidden = this.evaluating(() => this.hidden(tensorOf(fed), this.inputs(length, fed[0]?.length ?? 0)));
        if (use === undefined) return undefined;
        const [batch = 0, time = 0, features = 0] = hidden.shape;
        return use(reshape(slice(hidden, [0, time - 1, 0], [batch, 1, features]), [batch, features]));
      }),
    );
  }

  private hidden(tokens: Tensor, inputs: DecoderInputs): Tensor {
    const { model, encoded } = this;
    if (!isEncoderDecoder(model)) return model.hidden(tokens, inputs);
    if (encoded === undefined) throw new TypeError('an encoder-decoder decodes what was encoded');
    return model.decoderHidden(tokens, encoded, inputs);
  }

  /** Mask and positions of the last `time` of `length` tokens: a position counts the tokens before it that are no padding. */
  private inputs(length: number, time: number): DecoderInputs {
    const { cache, mask } = this;
    if (mask === undefined) return { cache };
    const shown = mask.map((row) => row.slice(0, length));
    const positions = shown.map((row) => {
      let before = 0;
      return row.map((one) => (one === 0 ? 0 : before++)).slice(length - time);
    });
    return { cache, attentionMask: tensorOf(shown), positions: tensorOf(positions) };
  }

  /** Runs `f` without dropout, whether or not the model is in training. */
  private evaluating<T>(f: () => T): T {
    const { training } = this.model;
    if (training) this.model.eval();
    try {
      return f();
    } finally {
      if (training) this.model.train();
    }
  }
}

/** Tokens of a prompt that one pass takes in. */
function tokensPerPassOf(model: GenerativeModel): number {
  let parameters = 0;
  for (const parameter of model.parameters()) parameters += parameter.size;
  return Math.max(LEAST_TOKENS, Math.floor(PRODUCTS / Math.max(1, parameters)));
}

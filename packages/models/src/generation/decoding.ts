// SPDX-License-Identifier: Apache-2.0
// A decoder at work: rows of tokens go in, the logits of their next tokens come out, and what was computed is kept.

import { setImmediate as nextTurn } from 'node:timers/promises';

import { type Tensor, dispose, gather, keep, reshape, scope, slice, tensor1d, tensor2d } from '@nabla/core';

import type { Module } from '@nabla/layers';

import type { PretrainedConfig } from '../pretrained/architecture.ts';
import type { KeyValueCache } from './cache.ts';
import type { CausalModel } from './causal-model.ts';
import type { DecoderInputs } from './decoder-mask.ts';
import type { Encoded, EncoderDecoderModel } from './encoder-decoder-model.ts';
import { type During, type LayeredPass, takePass } from './layered-pass.ts';
import { type ReadingPace, evenPart, paceOf } from './reading-pace.ts';
import { RecordedSteps } from './recorded-steps.ts';
import { Turns } from './turns.ts';

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
export function tensorOf(rows: TokenRows): Tensor {
  return tensor2d(Int32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0], 'int32');
}

/** A cache that is another's, for one text of one row. */
export interface LentCache {
  readonly cache: KeyValueCache;
  /** Tokens at the beginning of the text that it holds. */
  readonly kept: number;
  /** Ends the loan: tells all tokens of the text. */
  giveBack(tokens: readonly number[]): void;
}

interface DecodingOptions {
  /** Whether keys and values are kept. */
  readonly cache: boolean;
  /** Keeps them instead of a cache that the decoding makes. */
  readonly lent?: LentCache | undefined;
  /** What the decoder of an encoder-decoder sees; the decoding frees it. */
  readonly encoded?: Encoded | undefined;
  /** Time steps that are read at once; default by the time that they take. */
  readonly tokensPerPass?: number | undefined;
  /** Default that of the model. */
  readonly pace?: ReadingPace | undefined;
  /** Ends a pass between two of its steps. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The state of writing several rows at once. A pass computes new tokens alone where there is a cache, else all of them anew.
 * Who makes it disposes of it.
 */
export class Decoding {
  private readonly model: GenerativeModel;
  private readonly cache: KeyValueCache | undefined;
  private encoded: Encoded | undefined;
  /** Which of the rows that it was begun with each row goes on from. */
  private sources: readonly number[] = [];
  /** All tokens, padding included. */
  private tokens: number[][] = [];
  /** 1 for a token, 0 for padding; undefined where there is none. */
  private mask: number[][] | undefined;
  private readonly lent: LentCache | undefined;
  private readonly tokensPerPass: number | undefined;
  private readonly pace: ReadingPace;
  private readonly signal: AbortSignal | undefined;
  private readonly during: During;
  private readonly steps: RecordedSteps | undefined;

  constructor(model: GenerativeModel, options: DecodingOptions) {
    const { cache, lent, encoded, tokensPerPass, pace = paceOf(model), signal } = options;
    this.model = model;
    this.lent = lent;
    this.cache = lent?.cache ?? (cache ? model.newCache() : undefined);
    this.encoded = encoded;
    this.tokensPerPass = tokensPerPass;
    this.pace = pace;
    this.signal = signal;
    const modules = modulesOf(model); // once for all steps, since it walks through the whole model
    this.during = evaluating(modules);
    this.steps = this.cache ? new RecordedSteps(this.cache, modules, this.during) : undefined;
  }

  /**
   * Takes in the beginning of each row, or what a cache that was lent lacks of it, in passes between which the event loop turns; without a
   * cache, in one.
   *
   * @returns logits of the next token of each row, `[vocabulary]`
   */
  async begin(rows: TokenRows, mask?: MaskRows): Promise<Float32Array[]> {
    const padded = mask?.some((row) => row.includes(0)) === true;
    const { kept } = this.lent ?? { kept: 0 };
    this.sources = rows.map((_, row) => row);
    this.tokens = rows.map((row) => row.slice(0, kept));
    this.mask = padded ? mask?.map((row) => [...row]) : undefined;
    const time = rows[0]?.length ?? 0;
    for (let at = kept; ;) {
      const steps = this.stepsOfPass(time - at, rows.length);
      const part = rows.map((row) => row.slice(at, at + steps));
      at += steps;
      if (at >= time) return this.next(part);
      const { step } = await this.pass(part, waitFor);
      this.pace.learn(rows.length * steps, step);
      await nextTurn();
      this.signal?.throwIfAborted();
    }
  }

  /** How many of `left` time steps are read at once. */
  private stepsOfPass(left: number, rows: number): number {
    if (this.cache === undefined) return left;
    return this.tokensPerPass === undefined ? this.pace.timeSteps(left, rows) : evenPart(left, this.tokensPerPass);
  }

  /**
   * Takes in the next tokens of each row.
   *
   * @returns logits of the tokens after them, `[vocabulary]` for each row
   */
  async next(rows: TokenRows): Promise<Float32Array[]> {
    const flat = await this.logits(rows);
    const vocabulary = flat.length / rows.length;
    return rows.map((_, row) => flat.subarray(row * vocabulary, (row + 1) * vocabulary));
  }

  /** Of the tokens after those, for all rows: by a step that repeats the one before, or by a pass of its own. */
  private async logits(rows: TokenRows): Promise<Float32Array> {
    this.push(rows);
    const turns = new Turns(this.pace.clock, this.signal);
    const repeated =
      rows[0]?.length === 1
        ? await this.steps?.take(
            rows.length,
            () => this.layers(rows),
            (states) => this.model.logits(lastOf(states)),
            turns,
          )
        : undefined;
    const logits =
      repeated?.dataSync<'float32'>() ??
      (await this.take(rows, (last) => this.model.logits(last).dataSync<'float32'>(), turns));
    this.steps?.taken(rows.length);
    return logits;
  }

  /** Goes on with row `rows[i]` as row i; others get their turns between the layers. */
  async reorder(rows: readonly number[]): Promise<void> {
    const pick = <T>(all: readonly T[]): T[] => rows.flatMap((row) => all.slice(row, row + 1));
    const sources = pick(this.sources);
    const sameSources =
      sources.length === this.sources.length && sources.every((source, row) => source === this.sources[row]);
    this.sources = sources;
    const turns = new Turns(this.pace.clock, this.signal);
    const layers = this.cache?.reorderByLayer(rows, { sameSources });
    while (layers?.next().done === false) await turns.afterStep();
    const { encoded } = this;
    if (encoded !== undefined && !sameSources) {
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
    this.steps?.dispose();
    if (this.lent === undefined) this.cache?.dispose();
    else this.lent.giveBack(this.tokens[0] ?? []);
    dispose(this.encoded);
    this.encoded = undefined;
  }

  /**
   * Computes new tokens, and what `use` makes of the features of the last one of each row, `[rows, features]`.
   *
   * @returns that, and how many milliseconds a step took
   */
  private async pass<T>(rows: TokenRows, use: (last: Tensor) => T): Promise<{ result: T; step: number }> {
    this.push(rows);
    const turns = new Turns(this.pace.clock, this.signal);
    return { result: await this.take(rows, use, turns), step: turns.usual };
  }

  /** Adds tokens to the rows. */
  private push(rows: TokenRows): void {
    this.tokens.forEach((row, i) => row.push(...(rows[i] ?? [])));
    const length = this.tokens[0]?.length ?? 0;
    this.mask?.forEach((row) => row.push(...new Array<number>(Math.max(0, length - row.length)).fill(1)));
  }

  private take<T>(rows: TokenRows, use: (last: Tensor) => T, turns: Turns): Promise<T> {
    return takePass(this.layers(rows), turns, (states) => use(lastOf(states)), this.during);
  }

  /** A pass over tokens that were added last; without a cache, over all. */
  private *layers(rows: TokenRows): LayeredPass {
    const { model, encoded } = this;
    const fed = tensorOf(this.cache === undefined ? this.tokens : rows);
    const inputs = this.inputs(this.tokens[0]?.length ?? 0, fed.shape[1] ?? 0);
    if (isEncoderDecoder(model)) {
      if (encoded === undefined) throw new TypeError('an encoder-decoder decodes what was encoded');
      return yield* model.decoderByLayer(fed, encoded, inputs);
    }
    return yield* model.byLayer(fed, inputs);
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
}

/** A model and all modules below it. */
export function modulesOf(model: Module): readonly Module[] {
  return Array.from(model.namedModules(), ([, module]) => module);
}

/** Runs steps without dropout: modules that are in training are switched to evaluation for each step, and those alone back. */
export function evaluating(modules: readonly Module[]): During {
  return (step) => {
    const switched = modules.filter(({ training }) => training);
    for (const module of switched) module.training = false;
    try {
      return step();
    } finally {
      for (const module of switched) module.training = true;
    }
  };
}

/** The features of the last time step of each row, `[rows, features]`. */
function lastOf(states: Tensor): Tensor {
  const [batch = 0, time = 0, features = 0] = states.shape;
  return reshape(slice(states, [0, time - 1, 0], [batch, 1, features]), [batch, features]);
}

/** Waits until a tensor is computed: a device may do that later than it is told to. */
function waitFor(x: Tensor): void {
  slice(x, [0, 0], [1, 1]).dataSync();
}

// SPDX-License-Identifier: Apache-2.0
// A conversation with a model: what it has read and written stays read, so that the next turn reads what is new alone.

import { ArgumentError } from '@nabla/core';

import type { KeyValueCache } from './cache.ts';
import { type GenerativeModel, type LentCache, isEncoderDecoder } from './decoding.ts';

/**
 * Keeps the keys and values of the last text that was written with it. Of the next one, the tokens at its beginning that are the same are
 * not read again: a conversation costs what each turn adds to it. Nothing else changes. What belongs together is told by the
 * token ids, so that any template of conversations will do. One text is written at a time. Who makes it disposes of it.
 *
 * @example
 * const model = new GPT2LMHeadModel({ vocab_size: 9, n_positions: 16, n_embd: 4, n_layer: 1, n_head: 2 }, new Generator(1));
 * const session = new GenerationSession(model);
 * const turn = async (ids: number[]) => {
 *   for await (const { id } of generateTokens(model, ids, { maximumNewTokens: 2, session })) ids.push(id);
 *   return ids;
 * };
 * const before = await turn([1, 2, 3]);
 * await turn([...before, 4]); // reads the last token that was written, and the new one
 * session.reused; // 4
 */
export class GenerationSession {
  readonly model: GenerativeModel;
  private readonly cache: KeyValueCache;
  /** Those whose keys and values are in the cache. */
  private tokens: readonly number[] = [];
  private lent = false;
  #reused = 0;

  /** @throws {ArgumentError} the model has an encoder, which reads each text anew (code `SESSION`) */
  constructor(model: GenerativeModel) {
    if (isEncoderDecoder(model)) {
      throw sessionError('the model', 'to go on with a text', 'one that has an encoder, which reads each text anew');
    }
    this.model = model;
    this.cache = model.newCache();
  }

  /** Tokens of the last text that were not read again. */
  get reused(): number {
    return this.#reused;
  }

  /**
   * Lends the cache to a text that begins with `prompt`, with as much of it as is known; the last token is always read, for what follows it.
   *
   * @throws {ArgumentError} it is of another model, or lent already (code `SESSION`)
   */
  lend(model: GenerativeModel, prompt: readonly number[]): LentCache {
    if (model !== this.model) throw sessionError('session', 'to be of the model that writes', 'that of another');
    if (this.lent) throw sessionError('session', 'to write one text at a time', 'a second one');
    const different = prompt.findIndex((token, i) => token !== this.tokens[i]);
    const kept = Math.min(different < 0 ? prompt.length : different, prompt.length - 1);
    this.cache.truncate(kept);
    this.tokens = [];
    this.lent = true;
    this.#reused = kept;
    return {
      cache: this.cache,
      kept,
      giveBack: (tokens) => {
        this.tokens = tokens.slice(0, this.cache.time); // the last that was written is read with the one after it
        this.lent = false;
      },
    };
  }

  /**
   * Forgets all: to be called when the weights of the model have changed.
   *
   * @throws {ArgumentError} a text is being written (code `SESSION`)
   */
  clear(): void {
    if (this.lent) throw sessionError('session', 'to be cleared between two texts', 'one that is being written');
    this.cache.truncate(0);
    this.tokens = [];
  }

  dispose(): void {
    this.cache.dispose();
    this.tokens = [];
  }
}

export function sessionError(argument: string, expected: string, received: string): ArgumentError {
  return new ArgumentError({ op: 'generate', argument, expected, received }, 'SESSION');
}

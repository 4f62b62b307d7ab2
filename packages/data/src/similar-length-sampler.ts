// SPDX-License-Identifier: Apache-2.0
// Batches of examples of similar length, so that little of a batch is padding.

import { type Generator, checkInteger } from '@nabla/core';
import { type RandomSamplerOptions, ShuffledSampler } from './sampler.ts';

/** Batches whose examples are drawn together, then put in the order of their length. */
const POOL = 64;

/** What a {@link SimilarLengthSampler} needs. */
export interface SimilarLengthOptions extends RandomSamplerOptions {
  /** Examples in a batch, as the loader has it. */
  readonly batchSize: number;
}

/**
 * Every example once in each epoch, so that those of a batch are about as long as each other: the examples are shuffled, 64 batches of
 * them at a time are put in the order of their length, and the batches are shuffled. An epoch's last batch may be smaller.
 *
 * @example
 * const sampler = new SimilarLengthSampler([1, 9, 1, 9], { batchSize: 2, generator: new Generator(0) });
 * [sampler.next(), sampler.next()].sort(); // [1, 3]
 */
export class SimilarLengthSampler extends ShuffledSampler {
  protected readonly kind = 'SimilarLengthSampler';
  readonly #lengths: ArrayLike<number>;
  readonly #batchSize: number;

  /** @param lengths  `[examples]` */
  constructor(lengths: ArrayLike<number>, { batchSize, ...options }: SimilarLengthOptions) {
    super('SimilarLengthSampler', lengths.length, options);
    checkInteger('SimilarLengthSampler', 'batchSize', batchSize, { minimum: 1 });
    this.#lengths = lengths;
    this.#batchSize = batchSize;
  }

  protected shuffle(generator: Generator): Int32Array {
    const order = generator.permutation(this.length);
    const pool = POOL * this.#batchSize;
    for (let start = 0; start < order.length; start += pool) {
      order.subarray(start, start + pool).sort((a, b) => (this.#lengths[a] ?? 0) - (this.#lengths[b] ?? 0));
    }
    const whole = Math.floor(order.length / this.#batchSize);
    const shuffled = order.slice(); // examples that fill no batch stay at the end
    generator.permutation(whole).forEach((from, to) => {
      const begin = from * this.#batchSize;
      shuffled.set(order.subarray(begin, begin + this.#batchSize), to * this.#batchSize);
    });
    return shuffled;
  }
}

// SPDX-License-Identifier: Apache-2.0
// One process's share of the examples where several train together.

import { type Generator, checkInteger, checkOptions } from '@nabla/core';
import { type RandomSamplerOptions, ShuffledSampler } from './sampler.ts';

/** Which share to take. */
export interface DistributedSamplerOptions extends RandomSamplerOptions {
  /** The number of this process, 0 to `worldSize - 1`. */
  readonly rank: number;
  /** How many processes there are. */
  readonly worldSize: number;
}

/**
 * Every `worldSize`-th index of one random order, from index `rank` on. The generators of all processes must be equal: then
 * all draw the same order and their shares do not overlap. So that all shares have the same length, the order is filled up
 * with its own beginning: `ceil(examples / worldSize)` indices for each, as in PyTorch.
 *
 * The state says nothing about the rank: one checkpoint serves all processes.
 *
 * @throws {ArgumentError} `rank` is not below `worldSize`
 * @example
 * const options = { generator: new Generator(0), worldSize: 2 };
 * const [a, b] = [0, 1].map((rank) => new DistributedSampler(4, { ...options, rank }));
 * [a.next(), a.next(), b.next(), b.next()].sort(); // [0, 1, 2, 3]
 */
export class DistributedSampler extends ShuffledSampler {
  protected readonly kind = 'DistributedSampler';
  readonly rank: number;
  readonly worldSize: number;

  /** @param examples  how many examples there are in all */
  constructor(examples: number, options: DistributedSamplerOptions) {
    const op = 'DistributedSampler';
    checkOptions(op, options, ['generator', 'rank', 'worldSize']);
    const { generator, rank, worldSize } = options;
    checkInteger(op, 'worldSize', worldSize, { minimum: 1 });
    checkInteger(op, 'rank', rank, { minimum: 0, maximum: worldSize - 1 });
    super(op, examples, { generator }, Math.ceil(examples / worldSize));
    this.rank = rank;
    this.worldSize = worldSize;
  }

  protected shuffle(generator: Generator): Int32Array {
    const order = generator.permutation(this.examples);
    const { rank, worldSize, examples } = this;
    return Int32Array.from({ length: this.length }, (_, i) => order[(i * worldSize + rank) % examples] ?? 0);
  }
}

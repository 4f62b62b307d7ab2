// SPDX-License-Identifier: Apache-2.0
// Samplers that look at weights or classes: weighted and stratified ones.

import { ArgumentError, type Generator } from '@nabla/core';
import { groupByLabel } from './labels.ts';
import { unit } from './random.ts';
import { IndependentSampler, type RandomSamplerOptions, ShuffledSampler } from './sampler.ts';

/**
 * Any example each time, drawn independently, each with a probability in proportion to its weight.
 *
 * @throws {ArgumentError} a weight is negative or not finite, or all are 0
 * @example
 * const sampler = new WeightedRandomSampler([0, 2, 0], { generator: new Generator(0) });
 * [sampler.next(), sampler.next()]; // [1, 1]
 */
export class WeightedRandomSampler extends IndependentSampler {
  protected readonly kind = 'WeightedRandomSampler';
  readonly #ends: Float64Array; // the share of the weights up to and with each example: the last is 1

  /** @param weights  `[examples]`, each >= 0; they need not add up to 1. See `balancedWeights`. */
  constructor(weights: ArrayLike<number>, options: RandomSamplerOptions) {
    const op = 'WeightedRandomSampler';
    super(op, weights.length, options);
    let sum = 0;
    const ends = Float64Array.from(weights, (weight, i) => {
      if (!(weight >= 0 && weight < Infinity)) {
        throw new ArgumentError({
          op,
          argument: `weight ${i}`,
          expected: 'to be a number >= 0',
          received: String(weight),
        });
      }
      return (sum += weight);
    });
    if (!(sum > 0 && sum < Infinity)) {
      const expected = 'to have a finite sum above 0';
      throw new ArgumentError({ op, argument: 'weights', expected, received: String(sum) });
    }
    this.#ends = ends.map((end) => end / sum); // not times the sum when drawing: that could round up to the end
  }

  /** The first example whose end lies above a uniform number: one of weight 0 ends where the one before it does. */
  protected choose(generator: Generator): number {
    const target = unit(generator);
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ends[middle] ?? 0) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/**
 * Every example once in each epoch, in a random order in which each class is spread evenly: any run of examples, hence any
 * batch, has nearly the share of each class that the whole data set has.
 *
 * Example number `k` of the `n` of a class, in random order, gets the key `(k + u) / n` with `u` uniform in [0, 1); the epoch is
 * in the order of the keys.
 *
 * @example
 * const sampler = new StratifiedSampler([0, 0, 1, 1], { generator: new Generator(0) });
 * [sampler.next(), sampler.next(), sampler.next(), sampler.next()].sort(); // [0, 1, 2, 3]
 */
export class StratifiedSampler extends ShuffledSampler {
  protected readonly kind = 'StratifiedSampler';
  readonly #groups: readonly Int32Array[];

  /** @param labels  `[examples]`: class ids */
  constructor(labels: ArrayLike<number>, options: RandomSamplerOptions) {
    super('StratifiedSampler', labels.length, options);
    this.#groups = groupByLabel(labels);
  }

  protected shuffle(generator: Generator): Int32Array {
    const keys = new Float64Array(this.length); // by example
    for (const group of this.#groups) {
      generator.permutation(group.length).forEach((member, k) => {
        keys[group[member] ?? 0] = (k + unit(generator)) / group.length;
      });
    }
    return Int32Array.from(keys.keys()).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
  }
}

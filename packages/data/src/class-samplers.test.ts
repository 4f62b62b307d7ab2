// SPDX-License-Identifier: Apache-2.0
// Tests of samplers and splits that look at weights, classes and processes. What all samplers owe is in sampler.test.ts.

import { Generator } from '@nabla/core';
import * as fc from 'fast-check';
import { StratifiedSampler, WeightedRandomSampler } from './class-samplers.ts';
import type { Dataset } from './dataset.ts';
import { DistributedSampler } from './distributed-sampler.ts';
import { balancedWeights, countClasses } from './labels.ts';
import type { Sampler } from './sampler.ts';
import { stratifiedSplit } from './stratified-split.ts';

const take = (sampler: Sampler, count: number): number[] => Array.from({ length: count }, () => sampler.next());
const sorted = (indices: Iterable<number>): number[] => [...indices].sort((a, b) => a - b);
const upTo = (length: number): number[] => Array.from({ length }, (_, i) => i);
const anyLabels = fc.array(fc.nat(3), { minLength: 1, maxLength: 60 });

describe('WeightedRandomSampler', () => {
  const sampler = (weights: number[]): WeightedRandomSampler =>
    new WeightedRandomSampler(weights, { generator: new Generator(4) });

  it('draws in proportion to the weights', () => {
    const weights = [1, 0, 2, 5, 0, 2];
    const counts = weights.map(() => 0);
    for (const index of take(sampler(weights), 10000)) counts[index] += 1;
    const chiSquare = weights.reduce((sum, w, i) => sum + (w === 0 ? 0 : (counts[i] - 1000 * w) ** 2 / (1000 * w)), 0);
    expect(chiSquare).toBeLessThan(16.3); // 3 degrees of freedom, 1 in 1,000
    expect([counts[1], counts[4]]).toEqual([0, 0]);
  });

  it('never draws a weight of 0, whatever the others', () => {
    const weights = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e300, noNaN: true })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(weights, (list) => {
        fc.pre(list.some((weight) => weight > 0) && list.reduce((sum, weight) => sum + weight, 0) < Infinity);
        expect(take(sampler(list), 20).every((index) => list[index] > 0)).toBe(true);
      }),
    );
  });

  it('draws classes equally often with balanced weights', () => {
    const labels = [...new Array(90).fill(0), ...new Array(10).fill(1)];
    const drawn = take(sampler([...balancedWeights(labels, ['a', 'b'])]), 4000).filter((index) => labels[index] === 1);
    expect(Math.abs(drawn.length - 2000)).toBeLessThan(105); // 3.3 standard deviations
  });

  it.each([
    [[1, -1], 'WeightedRandomSampler: expected weight 1 to be a number >= 0, received -1'],
    [[NaN], 'expected weight 0 to be a number >= 0, received NaN'],
    [[1, Infinity], 'received Infinity'],
    [[0, 0], 'expected weights to have a finite sum above 0, received 0'],
    [[1e308, 1e308], 'to have a finite sum above 0, received Infinity'],
  ])('refuses the weights %j', (weights, message) => {
    expect(() => sampler(weights)).toThrow(message);
  });
});

describe('StratifiedSampler', () => {
  it('gives every example once in each epoch, in a new order', () => {
    const sampler = new StratifiedSampler([0, 1, 1, 0, 2, 1, 0, 1, 1, 1], { generator: new Generator(1) });
    const [first, second] = [take(sampler, 10), take(sampler, 10)];
    expect([sorted(first), sorted(second)]).toEqual([upTo(10), upTo(10)]);
    expect(first).not.toEqual(second);
  });

  it('has the share of each class in the beginning of every epoch, however long, but for a few', () => {
    fc.assert(
      fc.property(anyLabels, fc.nat(1000), (labels, seed) => {
        const order = take(new StratifiedSampler(labels, { generator: new Generator(seed) }), labels.length);
        expect(sorted(order)).toEqual(upTo(labels.length));
        const classes = [...new Set(labels)];
        for (const label of classes) {
          const share = labels.filter((other) => other === label).length / labels.length;
          let seen = 0;
          order.forEach((index, i) => {
            seen += labels[index] === label ? 1 : 0;
            expect(Math.abs(seen - share * (i + 1))).toBeLessThanOrEqual(1 + classes.length * share);
          });
        }
      }),
    );
  });
});

describe('DistributedSampler', () => {
  it('deals one order out to all processes, filled up with its beginning', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 7 }), (examples, worldSize) => {
        const share = Math.ceil(examples / worldSize);
        const samplers = upTo(worldSize).map(
          (rank) => new DistributedSampler(examples, { generator: new Generator(9), rank, worldSize }),
        );
        for (let epoch = 0; epoch < 2; epoch++) {
          const shares = samplers.map((sampler) => take(sampler, share));
          const counts = upTo(examples).map((i) => shares.flat().filter((index) => index === i).length);
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(share * worldSize);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
        expect(samplers.map(({ epoch }) => epoch)).toEqual(samplers.map(() => 2));
      }),
    );
  });

  it('goes on in another process from the state of one', () => {
    const make = (rank: number): DistributedSampler =>
      new DistributedSampler(10, { generator: new Generator(9), rank, worldSize: 3 });
    const [one, other, resumed] = [make(0), make(2), make(2)];
    take(one, 6);
    take(other, 6);
    resumed.loadState(one.state());
    expect(take(resumed, 9)).toEqual(take(other, 9));
  });

  it.each([
    [{ rank: 3, worldSize: 3 }, 'rank to be an integer >= 0 and <= 2, received 3'],
    [{ rank: -1, worldSize: 3 }, 'rank to be an integer >= 0'],
    [{ rank: 0, worldSize: 0 }, 'worldSize to be an integer >= 1'],
  ])('refuses %j', (options, message) => {
    expect(() => new DistributedSampler(10, { ...options, generator: new Generator(0) })).toThrow(message);
  });
});

describe('stratifiedSplit', () => {
  const numbers = (length: number): Dataset<number> => ({ length, get: (index) => index });

  it('deals every example once, each class by the fractions', () => {
    fc.assert(
      fc.property(anyLabels, fc.integer({ min: 1, max: 9 }), fc.nat(1000), (labels, tenths, seed) => {
        const fractions = [tenths / 10, 1 - tenths / 10] as const;
        fc.pre(labels.length > 10);
        let parts: Int32Array[];
        try {
          parts = stratifiedSplit(numbers(labels.length), labels, fractions, new Generator(seed)).map((p) => p.indices);
        } catch (error) {
          expect(String(error)).toContain('without any, since the classes are so small');
          return;
        }
        expect(sorted(parts.flatMap((part) => [...part]))).toEqual(upTo(labels.length));
        for (const label of new Set(labels)) {
          const total = labels.filter((other) => other === label).length;
          parts.forEach((part, i) => {
            const count = part.filter((index) => labels[index] === label).length;
            expect(Math.abs(count - fractions[i] * total)).toBeLessThan(1);
          });
          expect(parts[0].some((index) => labels[index] === label)).toBe(true); // every class can be learned
        }
        parts.forEach((part, i) => {
          expect(Math.abs(part.length - fractions[i] * labels.length)).toBeLessThanOrEqual(new Set(labels).size);
        });
      }),
    );
  });

  it('is the same for the same seed and another for another seed', () => {
    const labels = upTo(40).map((i) => i % 2);
    const split = (seed: number): number[] => [
      ...stratifiedSplit(numbers(40), labels, [0.5, 0.5], new Generator(seed))[0].indices,
    ];
    expect(split(3)).toEqual(split(3));
    expect(split(3)).not.toEqual(split(4));
  });

  it.each([
    [[0, 1], [0.5, 0.5], 'expected labels to be 3, one for each example, received 2'],
    [[0, 1, 1], [0.5, 0.6], 'stratifiedSplit: expected fractions to add up to 1'],
    [[0, 1, 2], [0.5, 0.5], 'received part 1 (counted from 0) without any, since the classes are so small'],
  ])('refuses labels %j with fractions %j', (labels, fractions, message) => {
    expect(() => stratifiedSplit(numbers(3), labels, fractions, new Generator(0))).toThrow(message);
  });
});

describe('countClasses', () => {
  it.each([
    [[0, 1, 2], 'countClasses: expected label 2 to be the id of a class, 0 to 1, received 2'],
    [[0, -1], 'expected label 1 to be the id of a class'],
    [[0.5], 'expected label 0 to be the id of a class'],
    [[0, 0], 'to have examples of every class, received none of "dog" (id 1) among 2. Take more data'],
    [[], 'received none of "cat" (id 0) among 0'],
  ])('refuses the labels %j', (labels, message) => {
    expect(() => countClasses(labels, ['cat', 'dog'])).toThrow(message);
  });
});

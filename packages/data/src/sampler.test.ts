// SPDX-License-Identifier: Apache-2.0
// Tests of samplers: what they give, and that a saved position is the same position.

import { Generator } from '@nabla/core';
import * as fc from 'fast-check';
import { StratifiedSampler, WeightedRandomSampler } from './class-samplers.ts';
import { DistributedSampler } from './distributed-sampler.ts';
import { SimilarLengthSampler } from './similar-length-sampler.ts';
import { RandomSampler, RandomWithReplacementSampler, type Sampler, SequentialSampler } from './sampler.ts';

const take = (sampler: Sampler, count: number): number[] => Array.from({ length: count }, () => sampler.next());
const sorted = (indices: readonly number[]): number[] => [...indices].sort((a, b) => a - b);

const labelsFor = (length: number): number[] => Array.from({ length }, (_, i) => i % 3);
const makers: [string, (length: number, seed: number) => Sampler][] = [
  ['SequentialSampler', (length) => new SequentialSampler(length)],
  ['RandomSampler', (length, seed) => new RandomSampler(length, { generator: new Generator(seed) })],
  [
    'RandomWithReplacementSampler',
    (length, seed) => new RandomWithReplacementSampler(length, { generator: new Generator(seed) }),
  ],
  [
    'WeightedRandomSampler',
    (length, seed) => new WeightedRandomSampler(new Array(length).fill(0.3), { generator: new Generator(seed) }),
  ],
  ['StratifiedSampler', (length, seed) => new StratifiedSampler(labelsFor(length), { generator: new Generator(seed) })],
  [
    'SimilarLengthSampler',
    (length, seed) => new SimilarLengthSampler(labelsFor(length), { batchSize: 2, generator: new Generator(seed) }),
  ],
  [
    'DistributedSampler',
    (length, seed) => new DistributedSampler(length, { generator: new Generator(seed), rank: 0, worldSize: 1 }),
  ],
];

describe.each(makers)('%s', (name, make) => {
  it('goes on from a saved position exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(40), fc.nat(20), (length, before, between) => {
        const sampler = make(length, 5);
        take(sampler, before);
        const state = JSON.parse(JSON.stringify(sampler.state()));
        const expected = take(sampler, 30);

        const resumed = make(length, 77);
        take(resumed, between);
        resumed.loadState(state);
        expect(resumed.state()).toEqual(state);
        expect(take(resumed, 30)).toEqual(expected);
      }),
    );
  });

  it('goes on exactly when it is saved and loaded at each step', () => {
    const expected = take(make(5, 3), 17);
    let state = make(5, 3).state();
    const steps = expected.map(() => {
      const sampler = make(5, 0);
      sampler.loadState(state);
      const index = sampler.next();
      state = sampler.state();
      return index;
    });
    expect(steps).toEqual(expected);
  });

  it('counts epochs and positions', () => {
    const sampler = make(3, 0);
    take(sampler, 7);
    expect([sampler.epoch, sampler.position]).toEqual([2, 1]);
    expect(sampler.state()).toMatchObject({ kind: name, length: 3, epoch: 2, position: 1 });
  });

  it('stays within its examples', () => {
    expect(take(make(4, 9), 400).every((index) => Number.isInteger(index) && index >= 0 && index < 4)).toBe(true);
  });

  it('refuses the state of other data, of another kind, and broken ones', () => {
    const sampler = make(3, 0);
    const state = sampler.state();
    expect(() => sampler.loadState({ ...state, length: 4 })).toThrow(
      'expected length to be 3, received 4. The state was saved',
    );
    expect(() => sampler.loadState({ ...state, kind: 'Other' })).toThrow(`expected kind to be ${name}, received Other`);
    expect(() => sampler.loadState({ ...state, position: 3 })).toThrow('position to be an integer >= 0 and <= 2');
    expect(() => sampler.loadState({ ...state, epoch: -1 })).toThrow('epoch');
    expect(sampler.state()).toEqual(state);
  });

  const takesLists = ['WeightedRandomSampler', 'StratifiedSampler', 'SimilarLengthSampler'].includes(name);
  it.each(takesLists ? [0] : [0, -1, 1.5])('refuses %p examples', (length) => {
    expect(() => make(length, 0)).toThrow(`${name}: expected length to be an integer >= 1`);
  });
});

describe('RandomSampler', () => {
  const make = (seed: number): RandomSampler => new RandomSampler(20, { generator: new Generator(seed) });

  it('gives every example once in each epoch, in a new order', () => {
    const sampler = make(1);
    const [first, second] = [take(sampler, 20), take(sampler, 20)];
    expect(sorted(first)).toEqual(sorted(second));
    expect(sorted(first)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(first).not.toEqual(second);
  });

  it('depends on the seed alone', () => {
    expect(take(make(1), 40)).toEqual(take(make(1), 40));
    expect(take(make(1), 40)).not.toEqual(take(make(2), 40));
  });

  it('leaves the generator it was given alone', () => {
    const generator = new Generator(1);
    take(new RandomSampler(20, { generator }), 30);
    expect(generator.offset).toBe(0);
  });

  it('refuses to be made without a generator', () => {
    // @ts-expect-error: the generator is missing
    expect(() => new RandomSampler(20, {})).toThrow(
      'RandomSampler: expected generator to be a Generator, received none',
    );
  });

  it('refuses a state without a generator', () => {
    const { kind, length, epoch, position } = make(1).state();
    expect(() => make(1).loadState({ kind, length, epoch, position })).toThrow(
      'expected generator to be a state, received none',
    );
  });
});

describe('RandomWithReplacementSampler', () => {
  it('draws each example about equally often', () => {
    const sampler = new RandomWithReplacementSampler(10, { generator: new Generator(3) });
    const counts = new Array(10).fill(0);
    for (const index of take(sampler, 10000)) counts[index] += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(27.9); // 9 degrees of freedom, 1 in 1,000
  });
});

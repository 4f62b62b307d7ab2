// SPDX-License-Identifier: Apache-2.0
// Tests of subsets and the random split.

import { ArgumentError, Generator } from '@nabla/core';
import { type Dataset, Subset, randomSplit } from './dataset.ts';

const numbers = (length: number): Dataset<number> => ({ length, get: (index) => index });
const all = <Example>(dataset: Dataset<Example>): Example[] =>
  Array.from({ length: dataset.length }, (_, index) => dataset.get(index));

describe('Subset', () => {
  it('has the examples that are named, in that order, again and again', () => {
    const subset = new Subset(numbers(10), [7, 0, 7]);
    expect([subset.length, ...all(subset)]).toEqual([3, 7, 0, 7]);
  });

  it.each([[[10]], [[-1]], [[0.5]]])('refuses the indices %j', (indices) => {
    expect(() => new Subset(numbers(10), indices)).toThrow(ArgumentError);
  });

  it('refuses an index outside it', () => {
    expect(() => new Subset(numbers(10), [1, 2]).get(2)).toThrow(
      'Subset.get: expected index to be an integer >= 0 and <= 1',
    );
  });

  it('keeps its own copy of the indices', () => {
    const indices = [1, 2];
    const subset = new Subset(numbers(10), indices);
    indices[0] = 9;
    expect(subset.get(0)).toBe(1);
  });
});

describe('randomSplit', () => {
  it('deals every example once', () => {
    const [train, test] = randomSplit(numbers(569), [0.8, 0.2], new Generator(0));
    expect([train.length, test.length]).toEqual([456, 113]);
    expect([...all(train), ...all(test)].sort((a, b) => a - b)).toEqual(all(numbers(569)));
    expect(all(train)).not.toEqual([...all(train)].sort((a, b) => a - b));
  });

  it('is the same for the same seed and another for another seed', () => {
    const split = (seed: number): number[] => all(randomSplit(numbers(50), [0.5, 0.5], new Generator(seed))[0]);
    expect(split(3)).toEqual(split(3));
    expect(split(3)).not.toEqual(split(4));
  });

  it.each([
    [10, [0.7, 0.3], [7, 3]],
    [100, [0.29, 0.71], [29, 71]],
    [10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]],
    [11, [0.5, 0.25, 0.25], [6, 3, 2]],
    [3, [1], [3]],
  ])('cuts %i examples by %j into %j', (length, fractions, lengths) => {
    expect(randomSplit(numbers(length), fractions, new Generator(1)).map((part) => part.length)).toEqual(lengths);
  });

  it.each([
    [10, [0.5, 0.4], 'to add up to 1'],
    [10, [0.5, 0.6], 'to add up to 1'],
    [10, [], 'to add up to 1'],
    [10, [1.5, -0.5], 'to be a number > 0 and <= 1'],
    [10, [NaN, 1], 'to be a number'],
    [3, [0.9, 0.05, 0.05], 'part 1 (counted from 0) would be empty'],
  ])('refuses %i examples by %j', (length, fractions, message) => {
    expect(() => randomSplit(numbers(length), fractions, new Generator(1))).toThrow(message);
  });
});

// SPDX-License-Identifier: Apache-2.0
// What a data set is, parts of one, and the random split into parts.

import { ArgumentError, type Generator, checkInteger, checkNumber } from '@nabla/core';

/** Examples by number. Getting one has no side effect: the same index gives the same example each time. */
export interface Dataset<Example> {
  /** How many examples there are. */
  readonly length: number;
  /**
   * @param index  0 to `length - 1`
   * @throws {ArgumentError} `index` is not such an integer
   */
  get(index: number): Example;
}

/**
 * The examples of a data set that `indices` names, in that order.
 *
 * @throws {ArgumentError} an index is outside the data set
 * @example
 * new Subset({ length: 3, get: (index) => index * 10 }, [2, 0]).get(0); // 20
 */
export class Subset<Example> implements Dataset<Example> {
  readonly dataset: Dataset<Example>;
  readonly indices: Int32Array;

  constructor(dataset: Dataset<Example>, indices: ArrayLike<number>) {
    for (let i = 0; i < indices.length; i++) checkIndex('Subset', indices[i], dataset.length);
    this.dataset = dataset;
    this.indices = Int32Array.from(indices);
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): Example {
    checkIndex('Subset.get', index, this.length);
    return this.dataset.get(this.indices[index] ?? 0);
  }
}

/** One subset for each fraction, so that `const [train, test] = randomSplit(…)` knows that both are there. */
export type Split<Example, Fractions extends readonly number[]> = { -readonly [K in keyof Fractions]: Subset<Example> };

/**
 * Deals the examples of a data set into parts at random: a permutation drawn from `generator`, cut at the fractions. A part
 * has `floor(fraction * length)` examples; those left over by rounding go to the first parts, one each.
 *
 * @param dataset    what to split
 * @param fractions  each above 0, together 1
 * @param generator  the source of the permutation; equal states give equal splits
 * @throws {ArgumentError} the fractions do not add up to 1, or a part would be empty
 * @example
 * randomSplit({ length: 10, get: (index) => index }, [0.8, 0.2], new Generator(0)).map((part) => part.length); // [8, 2]
 */
export function randomSplit<Example, const Fractions extends readonly number[]>(
  dataset: Dataset<Example>,
  fractions: Fractions,
  generator: Generator,
): Split<Example, Fractions> {
  const lengths = partLengths('randomSplit', dataset.length, fractions);
  const order = generator.permutation(dataset.length);
  let start = 0;
  const parts = lengths.map((length) => {
    const part = new Subset(dataset, order.subarray(start, start + length));
    start += length;
    return part;
  });
  return parts as Split<Example, Fractions>;
}

/** How many of `length` examples go to each part. */
export function partLengths(op: string, length: number, fractions: readonly number[]): number[] {
  for (const fraction of fractions) checkNumber(op, 'fraction', fraction, { above: 0, maximum: 1 });
  const sum = fractions.reduce((total, fraction) => total + fraction, 0);
  if (Math.abs(sum - 1) > 1e-6) {
    const received = `[${fractions.join(', ')}], which add up to ${String(sum)}`;
    throw new ArgumentError({ op, argument: 'fractions', expected: 'to add up to 1', received });
  }
  // The small number keeps 0.7 * 10 = 7.000000000000001 and 0.29 * 100 = 28.999999999999996 on the side that was meant.
  const lengths = fractions.map((fraction) => Math.floor(fraction * length + 1e-6));
  const left = length - lengths.reduce((total, part) => total + part, 0);
  const parts = lengths.map((part, i) => part + (i < left ? 1 : 0));
  const empty = parts.indexOf(0);
  if (empty !== -1) {
    const expected = 'to leave at least one example in each part';
    const received = `[${fractions.join(', ')}] of ${String(length)} examples: part ${String(empty)} (counted from 0) would be empty`;
    throw new ArgumentError({ op, argument: 'fractions', expected, received });
  }
  return parts;
}

/** Checks the index of an example. */
export function checkIndex(op: string, index: unknown, length: number): asserts index is number {
  checkInteger(op, 'index', index, { minimum: 0, maximum: length - 1 });
}

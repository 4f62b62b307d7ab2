// SPDX-License-Identifier: Apache-2.0
// The random split that keeps the share of each class.

import { ArgumentError, type Generator } from '@nabla/core';
import { type Dataset, type Split, Subset, partLengths } from './dataset.ts';
import { groupByLabel } from './labels.ts';

/**
 * Deals the examples of a data set into parts at random, class by class: of the `n` examples of a class, a part gets
 * `floor(fraction * n)` and, of those left over by rounding, at most one more. These go to the part that lacks most of its
 * share of the whole, but a class always has an example in the first part, to train on.
 *
 * @param dataset    what to split
 * @param labels     `[examples]`: class ids
 * @param fractions  each above 0, together 1
 * @param generator  the source of the permutations; equal states give equal splits
 * @throws {ArgumentError} there is not one label for each example, the fractions do not add up to 1, or a part would be empty
 * @example
 * const dataset = { length: 10, get: (index: number) => index };
 * const parts = stratifiedSplit(dataset, [0, 0, 0, 0, 0, 0, 1, 1, 1, 1], [0.5, 0.5], new Generator(0));
 * parts.map((part) => part.indices.filter((index) => index < 6).length); // [3, 3]
 */
export function stratifiedSplit<Example, const Fractions extends readonly number[]>(
  dataset: Dataset<Example>,
  labels: ArrayLike<number>,
  fractions: Fractions,
  generator: Generator,
): Split<Example, Fractions> {
  const op = 'stratifiedSplit';
  if (labels.length !== dataset.length) {
    const expected = `to be ${dataset.length}, one for each example`;
    throw new ArgumentError({ op, argument: 'labels', expected, received: String(labels.length) });
  }
  partLengths(op, dataset.length, fractions); // checks the fractions
  const parts: number[][] = fractions.map(() => []);
  const wanted = fractions.map(() => 0); // the share of the classes so far, not rounded
  for (const group of groupByLabel(labels)) {
    const order = generator.permutation(group.length);
    fractions.forEach((fraction, part) => (wanted[part] = (wanted[part] ?? 0) + fraction * group.length));
    const counts = fractions.map((fraction) => Math.floor(fraction * group.length + 1e-6));
    const lack = (part: number): number =>
      (part === 0 && counts[0] === 0 ? Infinity : 0) +
      (wanted[part] ?? 0) -
      (parts[part]?.length ?? 0) -
      (counts[part] ?? 0);
    const left = group.length - counts.reduce((total, count) => total + count, 0);
    const neediest = counts.map((_, part) => ({ part, lack: lack(part) })).sort((a, b) => b.lack - a.lack);
    for (const { part } of neediest.slice(0, left)) counts[part] = (counts[part] ?? 0) + 1;
    let next = 0;
    counts.forEach((count, part) => {
      for (const member of order.subarray(next, next + count)) parts[part]?.push(group[member] ?? 0);
      next += count;
    });
  }
  const empty = parts.findIndex((part) => part.length === 0);
  if (empty !== -1) {
    const expected = 'to leave at least one example in each part';
    const received = `part ${empty} (counted from 0) without any, since the classes are so small`;
    throw new ArgumentError({ op, argument: 'fractions', expected, received });
  }
  return parts.map((part) => new Subset(dataset, part)) as Split<Example, Fractions>;
}

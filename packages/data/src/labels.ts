// SPDX-License-Identifier: Apache-2.0
// Class labels: how many there are of each class, and what that means for drawing examples.

import { ArgumentError } from '@nabla/core';

/**
 * How many labels there are of each class.
 *
 * @param labels   `[examples]`: class ids
 * @param classes  the names of all classes: class id 0 is the first
 * @throws {ArgumentError} a label is not the id of a class, or a class has no example (code `CLASS`)
 * @example
 * countClasses([0, 1, 1], ['cat', 'dog']); // [1, 2]
 */
export function countClasses(labels: ArrayLike<number>, classes: readonly string[]): number[] {
  const op = 'countClasses';
  const counts = classes.map(() => 0);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? -1;
    const count = counts[label];
    if (count === undefined) {
      const expected = `to be the id of a class, 0 to ${classes.length - 1}`;
      throw new ArgumentError({ op, argument: `label ${i}`, expected, received: String(labels[i]) }, 'CLASS');
    }
    counts[label] = count + 1;
  }
  const missing = counts.indexOf(0);
  if (missing !== -1) {
    const expected = `to have examples of every class`;
    const received = `none of "${classes[missing]}" (id ${missing}) among ${labels.length}`;
    const hint = 'Take more data, split it by stratifiedSplit, or leave the class out.';
    throw new ArgumentError({ op, argument: 'labels', expected, received, hint }, 'CLASS');
  }
  return counts;
}

/**
 * Weights for a `WeightedRandomSampler` that draws every class equally often: `1 / (classes * examples of the label's class)`,
 * which add up to 1.
 *
 * @param labels   `[examples]`: class ids
 * @param classes  the names of all classes
 * @returns        `[examples]`
 * @throws {ArgumentError} as {@link countClasses}
 * @example
 * [...balancedWeights([0, 1, 1], ['cat', 'dog'])]; // [0.5, 0.25, 0.25]
 */
export function balancedWeights(labels: ArrayLike<number>, classes: readonly string[]): Float64Array {
  const counts = countClasses(labels, classes);
  return Float64Array.from(labels, (label) => 1 / (classes.length * (counts[label] ?? 1)));
}

/** The examples of each label that occurs, labels in ascending order. */
export function groupByLabel(labels: ArrayLike<number>): Int32Array[] {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? 0;
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [i]);
    else group.push(i);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, indices]) => Int32Array.from(indices));
}

// SPDX-License-Identifier: Apache-2.0
// The answer of a classifier, as everything here that tells classes apart gives it.

import { ArgumentError } from '@nabla/core';

/** How likely a class is. */
export interface RankedClass {
  readonly class: string;
  readonly chance: number;
}

/** The likeliest class, and all of them, the likeliest first. */
export interface ClassAnswer {
  readonly prediction: string | undefined;
  readonly classes: readonly RankedClass[];
}

/**
 * Ranks classes by their chances; of equally likely ones, the first comes first.
 *
 * @param names   of all classes
 * @param chances of each class, in the same order
 * @throws {ArgumentError} a chance is no finite number (code `CLASSIFY`)
 * @example
 * rankClasses(['cat', 'dog'], [0.25, 0.75]).prediction; // 'dog'
 */
export function rankClasses(names: readonly string[], chances: ArrayLike<number>): ClassAnswer {
  const classes = names.map((name, id) => ({ class: name, chance: chances[id] ?? NaN }));
  const broken = classes.find(({ chance }) => !Number.isFinite(chance));
  if (broken !== undefined) {
    const argument = `the answer of the model for class "${broken.class}"`;
    const hint = 'The weights of the model may be broken.';
    const mismatch = { expected: 'to be a finite number', received: String(broken.chance), hint };
    throw new ArgumentError({ op: 'classify', argument, ...mismatch }, 'CLASSIFY');
  }
  classes.sort((a, b) => b.chance - a.chance);
  return { prediction: classes[0]?.class, classes };
}

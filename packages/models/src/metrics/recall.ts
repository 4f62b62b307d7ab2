// SPDX-License-Identifier: Apache-2.0
// Of what is of a class, the share that was found.

import { ClassScore, type Counts, ratio } from './class-score.ts';

/**
 * Of the examples of a class, the share that was predicted as it; see {@link ClassScoreOptions} for the average.
 *
 * @example
 * const recall = new Recall(2);
 * recall.update(tensor1d([0, 1, 1], 'int32'), tensor1d([0, 0, 1], 'int32'));
 * recall.perClass(); // [0.5, 1]
 */
export class Recall extends ClassScore {
  protected override score({ right, actual }: Counts): number {
    return ratio(right, actual);
  }
}

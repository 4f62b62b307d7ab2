// SPDX-License-Identifier: Apache-2.0
// Of what was called a class, the share that is.

import { ClassScore, type Counts, ratio } from './class-score.ts';

/**
 * Of the examples predicted as a class, the share that is of it; see {@link ClassScoreOptions} for the average.
 *
 * @example
 * const precision = new Precision(2);
 * precision.update(tensor1d([0, 1, 1], 'int32'), tensor1d([0, 0, 1], 'int32'));
 * precision.perClass(); // [1, 0.5]
 */
export class Precision extends ClassScore {
  protected override score({ right, predicted }: Counts): number {
    return ratio(right, predicted);
  }
}

// SPDX-License-Identifier: Apache-2.0
// Precision and recall in one number.

import { ClassScore, type Counts, ratio } from './class-score.ts';

/**
 * `2 · precision · recall / (precision + recall)` of a class: high only if both are; see {@link ClassScoreOptions} for the
 * average.
 *
 * @example
 * const f1 = new F1(2);
 * f1.update(tensor1d([0, 1, 1], 'int32'), tensor1d([0, 0, 1], 'int32'));
 * f1.compute(); // 0.666667
 */
export class F1 extends ClassScore {
  protected override score({ right, predicted, actual }: Counts): number {
    return ratio(2 * right, predicted + actual);
  }
}

// SPDX-License-Identifier: Apache-2.0
// The share of examples whose class is among the k likeliest.

import { type Tensor, checkInteger } from '@nabla/core';

import { MeanMetric } from './mean-metric.ts';
import type { Metric } from './metric.ts';
import { type Scores, readScores } from './read.ts';

/**
 * The share of examples whose class is among the `k` with the highest scores, from 0 to 1. Of classes with equal scores the
 * first ranks first, as for {@link Accuracy}; a score of NaN never counts as high.
 *
 * @example
 * const accuracy = new TopKAccuracy(2);
 * accuracy.update(tensor2d([[5, 3, 1], [5, 3, 1]]), tensor1d([1, 2], 'int32'));
 * accuracy.compute(); // 0.5
 */
export class TopKAccuracy implements Metric {
  readonly k: number;
  readonly #right = new MeanMetric();

  /** @param k at least 1 */
  constructor(k: number) {
    checkInteger('TopKAccuracy', 'k', k, { minimum: 1 });
    this.k = k;
  }

  /**
   * @param predictions `[...batch, classes]`, float32: scores of classes
   * @param targets     `[...batch]`, int32
   */
  update(predictions: Tensor, targets: Tensor): void {
    const read = readScores('TopKAccuracy', predictions, targets);
    for (let row = 0; row < read.actual.length; row++) this.#right.update(rankOf(read, row) < this.k ? 1 : 0);
  }

  compute(): number {
    return this.#right.compute();
  }

  reset(): void {
    this.#right.reset();
  }
}

/** How many classes rank above the right one. */
function rankOf({ scores, actual, width }: Scores, row: number): number {
  const target = actual[row] ?? 0;
  const own = scores[row * width + target] ?? NaN;
  if (Number.isNaN(own)) return width;
  let above = 0;
  for (let c = 0; c < width; c++) {
    const score = scores[row * width + c] ?? NaN;
    if (score > own || (score === own && c < target)) above++;
  }
  return above;
}

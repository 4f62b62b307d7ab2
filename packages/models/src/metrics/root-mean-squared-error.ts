// SPDX-License-Identifier: Apache-2.0
// How far predictions are off, large errors counting more.

import type { Tensor } from '@nabla/core';

import { MeanMetric } from './mean-metric.ts';
import type { Metric } from './metric.ts';
import { readPairs } from './read.ts';

/**
 * The root of the mean of `(prediction - target)²` over all elements.
 *
 * @example
 * const error = new RootMeanSquaredError();
 * error.update(tensor1d([1, 1]), tensor1d([0, 8]));
 * error.compute(); // 5
 */
export class RootMeanSquaredError implements Metric {
  readonly #mean = new MeanMetric();

  /** @param predictions and `targets`: float32 tensors of one shape */
  update(predictions: Tensor, targets: Tensor): void {
    readPairs('RootMeanSquaredError', predictions, targets, (prediction, target) => {
      this.#mean.update((prediction - target) ** 2);
    });
  }

  compute(): number {
    return Math.sqrt(this.#mean.compute());
  }

  reset(): void {
    this.#mean.reset();
  }
}

// SPDX-License-Identifier: Apache-2.0
// How far predictions are off, on average.

import type { Tensor } from '@nabla/core';

import { MeanMetric } from './mean-metric.ts';
import type { Metric } from './metric.ts';
import { readPairs } from './read.ts';

/**
 * The mean of `|prediction - target|` over all elements.
 *
 * @example
 * const error = new MeanAbsoluteError();
 * error.update(tensor1d([1, 2]), tensor1d([1, 4]));
 * error.compute(); // 1
 */
export class MeanAbsoluteError implements Metric {
  readonly #mean = new MeanMetric();

  /** @param predictions and `targets`: float32 tensors of one shape */
  update(predictions: Tensor, targets: Tensor): void {
    readPairs('MeanAbsoluteError', predictions, targets, (prediction, target) => {
      this.#mean.update(Math.abs(prediction - target));
    });
  }

  compute(): number {
    return this.#mean.compute();
  }

  reset(): void {
    this.#mean.reset();
  }
}

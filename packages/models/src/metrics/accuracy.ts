// SPDX-License-Identifier: Apache-2.0
// The share of examples classified right.

import type { Tensor } from '@nabla/core';

import { MeanMetric } from './mean-metric.ts';
import type { Metric } from './metric.ts';
import { readClasses } from './read.ts';

/**
 * The share of predictions that are right, from 0 to 1.
 *
 * @example
 * const accuracy = new Accuracy();
 * accuracy.update(tensor2d([[2, 1], [3, 4]]), tensor1d([0, 0], 'int32'));
 * accuracy.compute(); // 0.5
 */
export class Accuracy implements Metric {
  readonly #right = new MeanMetric();

  /**
   * @param predictions `[...batch]`, int32; or scores of classes `[...batch, classes]`, float32, of which the highest counts
   * @param targets     `[...batch]`, int32
   */
  update(predictions: Tensor, targets: Tensor): void {
    const { predicted, actual } = readClasses('Accuracy', predictions, targets);
    for (let i = 0; i < actual.length; i++) this.#right.update(predicted[i] === actual[i] ? 1 : 0);
  }

  compute(): number {
    return this.#right.compute();
  }

  reset(): void {
    this.#right.reset();
  }
}

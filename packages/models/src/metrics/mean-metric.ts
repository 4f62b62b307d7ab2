// SPDX-License-Identifier: Apache-2.0
// The mean of numbers that come one after the other.

import { Tensor, checkFloat, checkNumber } from '@nabla/core';

import type { Metric } from './metric.ts';

/**
 * `Σ weight · value / Σ weight`, such as the mean loss over batches of different size.
 *
 * @example
 * const loss = new MeanMetric();
 * loss.update(1, 30);
 * loss.update(4, 10);
 * loss.compute(); // 1.75
 */
export class MeanMetric implements Metric<number, [value: number | Tensor, weight?: number]> {
  #total = 0;
  #weight = 0;

  /**
   * @param value  a number, or a float32 tensor each of whose elements counts
   * @param weight how much each number counts, at least 0; default 1
   */
  update(value: number | Tensor, weight = 1): void {
    checkNumber('MeanMetric', 'weight', weight, { minimum: 0 });
    if (value instanceof Tensor) checkFloat('MeanMetric', { value });
    for (const one of value instanceof Tensor ? value.dataSync<'float32'>() : [value]) {
      this.#total += weight * one;
      this.#weight += weight;
    }
  }

  compute(): number {
    return this.#total / this.#weight;
  }

  reset(): void {
    this.#total = 0;
    this.#weight = 0;
  }
}

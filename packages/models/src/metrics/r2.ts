// SPDX-License-Identifier: Apache-2.0
// Which part of the targets' variance predictions explain.

import type { Tensor } from '@nabla/core';

import type { Metric } from './metric.ts';
import { readPairs } from './read.ts';

/**
 * The coefficient of determination `1 - Σ (target - prediction)² / Σ (target - mean target)²` over all elements: 1 is perfect,
 * 0 no better than the mean. Where all targets are equal it is 1 for perfect predictions and else 0.
 *
 * @example
 * const r2 = new R2();
 * r2.update(tensor1d([1, 2, 4]), tensor1d([1, 2, 3]));
 * r2.compute(); // 0.5
 */
export class R2 implements Metric {
  #count = 0;
  #mean = 0; // of the targets
  #spread = 0; // their squared distances from their mean, added up as they come (Welford)
  #errors = 0;

  /** @param predictions and `targets`: float32 tensors of one shape */
  update(predictions: Tensor, targets: Tensor): void {
    readPairs('R2', predictions, targets, (prediction, target) => {
      const distance = target - this.#mean;
      this.#mean += distance / ++this.#count;
      this.#spread += distance * (target - this.#mean);
      this.#errors += (target - prediction) ** 2;
    });
  }

  /** NaN for fewer than two elements. */
  compute(): number {
    if (this.#count < 2) return NaN;
    if (this.#spread === 0) return this.#errors === 0 ? 1 : 0;
    return 1 - this.#errors / this.#spread;
  }

  reset(): void {
    this.#count = 0;
    this.#mean = 0;
    this.#spread = 0;
    this.#errors = 0;
  }
}

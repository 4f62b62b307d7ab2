// SPDX-License-Identifier: Apache-2.0
// How often each class was taken for each.

import { type Tensor, checkInteger } from '@nabla/core';

import type { Metric } from './metric.ts';
import { checkClasses, readClasses } from './read.ts';

/**
 * Counts of examples: `matrix[actual][predicted]`.
 *
 * @example
 * const confusion = new ConfusionMatrix(2);
 * confusion.update(tensor1d([0, 1, 1], 'int32'), tensor1d([0, 0, 1], 'int32'));
 * confusion.compute(); // [[1, 1], [0, 1]]
 */
export class ConfusionMatrix implements Metric<number[][]> {
  readonly classes: number;
  readonly #counts: Float64Array; // [actual, predicted]

  constructor(classes: number) {
    checkInteger('ConfusionMatrix', 'classes', classes, { minimum: 1 });
    this.classes = classes;
    this.#counts = new Float64Array(classes * classes);
  }

  /**
   * @param predictions `[...batch]`, int32; or scores of classes `[...batch, classes]`, float32, of which the highest counts
   * @param targets     `[...batch]`, int32
   * @throws {ArgumentError} a class is out of range (code `DATA`)
   */
  update(predictions: Tensor, targets: Tensor): void {
    const { predicted, actual } = readClasses('ConfusionMatrix', predictions, targets);
    checkClasses('ConfusionMatrix', 'predictions', predicted, this.classes);
    checkClasses('ConfusionMatrix', 'targets', actual, this.classes);
    for (let i = 0; i < actual.length; i++) {
      const cell = (actual[i] ?? 0) * this.classes + (predicted[i] ?? 0);
      this.#counts[cell] = (this.#counts[cell] ?? 0) + 1;
    }
  }

  compute(): number[][] {
    const rows = Array.from({ length: this.classes }, (_, row) => row * this.classes);
    return rows.map((start) => [...this.#counts.subarray(start, start + this.classes)]);
  }

  reset(): void {
    this.#counts.fill(0);
  }
}

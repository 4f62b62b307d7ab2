// SPDX-License-Identifier: Apache-2.0
// What precision, recall and F1 share: counts for each class, and how the scores of classes become one.

import { type Tensor, checkOneOf, checkOptions } from '@nabla/core';

import { ConfusionMatrix } from './confusion-matrix.ts';
import type { Metric } from './metric.ts';

/** How the scores of classes become one number. */
export type Average = 'macro' | 'micro' | 'weighted';

export interface ClassScoreOptions {
  /**
   * `macro`: the mean over the classes that occur among targets or predictions, each counting the same; `weighted`: each
   * counting as often as it is the target; `micro`: from the counts of all classes together. Default `macro`.
   */
  average?: Average;
}

/** Of one class, or of all together. */
export interface Counts {
  /** Examples of the class that were predicted as it. */
  readonly right: number;
  readonly predicted: number;
  readonly actual: number;
}

/** A score of each class, made from its counts. Where it would divide by 0, it is 0. */
export abstract class ClassScore implements Metric {
  readonly average: Average;
  readonly #confusion: ConfusionMatrix;

  /** @param classes how many there are */
  constructor(classes: number, options: ClassScoreOptions = {}) {
    checkOptions(new.target.name, options, ['average']);
    const { average = 'macro' } = options;
    checkOneOf(new.target.name, 'average', average, ['macro', 'micro', 'weighted']);
    this.#confusion = new ConfusionMatrix(classes);
    this.average = average;
  }

  protected abstract score(counts: Counts): number;

  /**
   * @param predictions `[...batch]`, int32; or scores of classes `[...batch, classes]`, float32, of which the highest counts
   * @param targets     `[...batch]`, int32
   * @throws {ArgumentError} a class is out of range (code `DATA`)
   */
  update(predictions: Tensor, targets: Tensor): void {
    this.#confusion.update(predictions, targets);
  }

  compute(): number {
    const counts = this.#counts();
    if (this.average === 'micro') return this.score(total(counts));
    const weights = counts.map(({ predicted, actual }) => {
      return this.average === 'weighted' ? actual : Number(predicted + actual > 0);
    });
    return sum(counts.map((one, i) => this.score(one) * (weights[i] ?? 0))) / sum(weights);
  }

  /** The score of each class. */
  perClass(): number[] {
    return this.#counts().map((counts) => this.score(counts));
  }

  reset(): void {
    this.#confusion.reset();
  }

  #counts(): Counts[] {
    const matrix = this.#confusion.compute();
    return matrix.map((row, i) => {
      return { right: row[i] ?? 0, predicted: sum(matrix.map((other) => other[i] ?? 0)), actual: sum(row) };
    });
  }
}

/** `a / b`, 0 where b is 0. */
export function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

function total(counts: readonly Counts[]): Counts {
  const right = sum(counts.map((one) => one.right));
  const all = sum(counts.map((one) => one.actual));
  return all === 0 ? { right: NaN, predicted: NaN, actual: NaN } : { right, predicted: all, actual: all };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

// SPDX-License-Identifier: Apache-2.0
// The area under the receiver operating characteristic.

import { type Tensor, checkInteger, checkOneOf, checkOptions, checkShape } from '@nabla/core';

import type { Metric } from './metric.ts';
import { readBinary, readScores } from './read.ts';

export interface RocAucOptions {
  /** With more than two classes, how many: each is told from all others. Default: two, told by one score. */
  classes?: number;
  /** Of the areas of classes: each counts the same (`macro`, default), or as often as it is the target (`weighted`). */
  average?: 'macro' | 'weighted';
}

/**
 * The chance that an example of a class has a higher score for it than an example that is not of it, ties counting half. It
 * is exact, so it keeps all scores. NaN while a class has no example, or all; and for a score that is NaN.
 *
 * @example
 * const area = new RocAuc();
 * area.update(tensor1d([0.1, 0.4, 0.35, 0.8]), tensor1d([0, 0, 1, 1], 'int32'));
 * area.compute(); // 0.75
 */
export class RocAuc implements Metric {
  readonly classes: number | undefined;
  readonly average: 'macro' | 'weighted';
  readonly #scores: number[][]; // [classes or 1, examples]
  readonly #targets: number[] = [];

  constructor(options: RocAucOptions = {}) {
    checkOptions('RocAuc', options, ['classes', 'average']);
    const { classes, average = 'macro' } = options;
    if (classes !== undefined) checkInteger('RocAuc', 'classes', classes, { minimum: 2 });
    checkOneOf('RocAuc', 'average', average, ['macro', 'weighted']);
    this.classes = classes;
    this.average = average;
    this.#scores = Array.from({ length: classes ?? 1 }, () => []);
  }

  /**
   * @param predictions `[...batch]`, float32: the higher, the more class 1; or with `classes` `[...batch, classes]`
   * @param targets     `[...batch]`, int32: 0 or 1; or with `classes` from 0 to classes - 1
   * @throws {ArgumentError} a target is out of range (code `DATA`)
   */
  update(predictions: Tensor, targets: Tensor): void {
    const { classes } = this;
    if (classes !== undefined) {
      checkShape('RocAuc', 'predictions', predictions, ['...batch', classes]);
      const { scores, actual } = readScores('RocAuc', predictions, targets);
      this.#scores.forEach((list, c) => {
        for (let i = 0; i < actual.length; i++) list.push(scores[i * classes + c] ?? NaN);
      });
      for (let i = 0; i < actual.length; i++) this.#targets.push(actual[i] ?? 0);
      return;
    }
    const { scores, actual } = readBinary('RocAuc', predictions, targets);
    for (let i = 0; i < actual.length; i++) {
      this.#scores[0]?.push(scores[i] ?? NaN);
      this.#targets.push(actual[i] ?? 0);
    }
  }

  compute(): number {
    if (this.classes === undefined) return this.#area(0, 1);
    const areas = this.perClass();
    const weights = areas.map((_, c) =>
      this.average === 'macro' ? 1 : this.#targets.filter((target) => target === c).length,
    );
    const total = weights.reduce((a, b) => a + b, 0);
    return areas.reduce((sum, area, c) => sum + area * (weights[c] ?? 0), 0) / total;
  }

  /** The area of each class against all others. */
  perClass(): number[] {
    if (this.classes === undefined) return [1 - this.#area(0, 1), this.#area(0, 1)];
    return this.#scores.map((_, c) => this.#area(c, c));
  }

  reset(): void {
    for (const list of this.#scores) list.length = 0;
    this.#targets.length = 0;
  }

  #area(list: number, positive: number): number {
    return areaUnderCurve(
      this.#scores[list] ?? [],
      this.#targets.map((target) => target === positive),
    );
  }
}

/** From the sum of the positives' ranks, equal scores sharing the mean of theirs (Mann and Whitney's U). */
function areaUnderCurve(scores: readonly number[], isPositive: readonly boolean[]): number {
  if (scores.some(Number.isNaN)) return NaN;
  const order = scores.map((score, i) => ({ score, positive: isPositive[i] === true }));
  order.sort((a, b) => a.score - b.score);
  let [ranks, positives] = [0, 0];
  for (let start = 0; start < order.length;) {
    let end = start;
    let tied = 0; // positives among equal scores
    for (; order[end]?.score === order[start]?.score && end < order.length; end++) tied += Number(order[end]?.positive);
    ranks += (tied * (start + 1 + end)) / 2;
    positives += tied;
    start = end;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}

// SPDX-License-Identifier: Apache-2.0
// Features moved to mean 0 and standard deviation 1, as measured on one part of the data.

import { ArgumentError, checkNumber, checkOptions } from '@nabla/core';
import { type Dataset, checkIndex } from './dataset.ts';

/** A standardizer as plain data, for checkpoints. */
export interface StandardizerState {
  /** `[features]` */
  readonly mean: readonly number[];
  /** `[features]`, above 0 */
  readonly standardDeviation: readonly number[];
}

interface WithFeatures {
  readonly features: Float32Array;
}

/**
 * `(x - mean) / standardDeviation`, feature by feature. Fit it on the training part only: what it learns of the test part would
 * otherwise leak into training. A feature that never varies has its mean taken off and is not divided.
 *
 * @example
 * const rows = [{ features: new Float32Array([1, 5]) }, { features: new Float32Array([3, 5]) }];
 * const standardizer = Standardizer.fit({ length: 2, get: (index) => rows[index] });
 * [...standardizer.apply(new Float32Array([4, 6]))]; // [2, 1]
 */
export class Standardizer {
  readonly mean: readonly number[];
  readonly standardDeviation: readonly number[];

  /** @throws {ArgumentError} the lists differ in length, or a number is not finite or not above 0 */
  constructor(state: StandardizerState) {
    const op = 'Standardizer';
    checkOptions(op, state, ['mean', 'standardDeviation']);
    const { mean, standardDeviation } = state;
    if (!isList(mean) || !isList(standardDeviation) || mean.length !== standardDeviation.length) {
      const expected = 'and standardDeviation to be lists of equal length';
      const received = `${describe(mean)} and ${describe(standardDeviation)}`;
      throw new ArgumentError({ op, argument: 'mean', expected, received });
    }
    for (const value of mean) checkNumber(op, 'mean', value);
    for (const value of standardDeviation) checkNumber(op, 'standardDeviation', value, { above: 0 });
    this.mean = [...mean];
    this.standardDeviation = [...standardDeviation];
  }

  /**
   * Measures a data set in two passes in float64; the variance divides by the number of examples.
   *
   * @throws {ArgumentError} there is no example
   */
  static fit(dataset: Dataset<WithFeatures>): Standardizer {
    if (dataset.length === 0) {
      const expected = 'to have examples';
      throw new ArgumentError({ op: 'Standardizer.fit', argument: 'dataset', expected, received: 'none' });
    }
    const width = dataset.get(0).features.length;
    const mean = averages(dataset, width, (value) => value);
    const variance = averages(dataset, width, (value, i) => (value - (mean[i] ?? 0)) ** 2);
    return new Standardizer({ mean, standardDeviation: variance.map((value) => Math.sqrt(value) || 1) });
  }

  /**
   * One row, standardized; the row given is left as it is.
   *
   * @param features  `[features]`
   * @throws {ArgumentError} the row has another number of features than those it was fitted on
   */
  apply(features: Float32Array): Float32Array {
    if (features.length !== this.mean.length) {
      const expected = `to have ${this.mean.length} numbers, as the data that this was fitted on`;
      const received = String(features.length);
      throw new ArgumentError({ op: 'Standardizer.apply', argument: 'features', expected, received });
    }
    return features.map((value, i) => (value - (this.mean[i] ?? 0)) / (this.standardDeviation[i] ?? 1));
  }

  /** The same examples with their features standardized, each when it is asked for. */
  applyTo<Example extends WithFeatures>(dataset: Dataset<Example>): Dataset<Example> {
    return {
      length: dataset.length,
      get: (index: number): Example => {
        checkIndex('Standardizer', index, dataset.length);
        const example = dataset.get(index);
        return { ...example, features: this.apply(example.features) };
      },
    };
  }

  /** What a checkpoint keeps; `new Standardizer(state)` takes it back. */
  toJSON(): StandardizerState {
    return { mean: this.mean, standardDeviation: this.standardDeviation };
  }
}

/** The mean over all examples of a function of each feature. */
function averages(dataset: Dataset<WithFeatures>, width: number, f: (value: number, i: number) => number): number[] {
  const sums = new Float64Array(width);
  for (let index = 0; index < dataset.length; index++) {
    const { features } = dataset.get(index);
    for (let i = 0; i < width; i++) sums[i] = (sums[i] ?? 0) + f(features[i] ?? NaN, i);
  }
  return Array.from(sums, (sum) => sum / dataset.length);
}

/** Not a type guard: `Array.isArray` would turn a list of numbers into one of anything. */
function isList(value: unknown): boolean {
  return Array.isArray(value);
}

function describe(value: unknown): string {
  return Array.isArray(value) ? `${value.length} numbers` : typeof value;
}

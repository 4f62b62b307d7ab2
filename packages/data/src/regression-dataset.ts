// SPDX-License-Identifier: Apache-2.0
// A table in memory whose rows each have a number to predict.

import { ArgumentError, checkOptions } from '@nabla/core';
import { type Dataset, checkIndex } from './dataset.ts';

/** One row: its numbers and the one to predict. */
export interface RegressionExample {
  /** `[features]`, a view of the data set's memory: read it, do not write it. */
  readonly features: Float32Array;
  readonly target: number;
}

/** What a table to predict numbers from is made of. */
export interface RegressionOptions {
  /** `[rows, features]`, one row after the other. */
  readonly features: Float32Array;
  /** `[rows]`: the number to predict of each row. */
  readonly targets: Float32Array;
  /** Names of the feature columns: their number is the number of features. */
  readonly columns: readonly string[];
}

/**
 * Rows of numbers with a number to predict for each, held in memory.
 *
 * @throws {ArgumentError} the arrays do not fit together
 * @example
 * const table = new RegressionDataset({
 *   features: Float32Array.of(1, 2, 3, 4),
 *   targets: Float32Array.of(0.5, 0.75),
 *   columns: ['length', 'width'],
 * });
 * [...table.get(1).features, table.get(1).target]; // [3, 4, 0.75]
 */
export class RegressionDataset implements Dataset<RegressionExample> {
  readonly features: Float32Array; // [rows, features]
  readonly targets: Float32Array; // [rows]
  readonly columns: readonly string[];

  constructor(options: RegressionOptions) {
    const op = 'RegressionDataset';
    checkOptions(op, options, ['features', 'targets', 'columns']);
    const { features, targets, columns } = options;
    if (columns.length === 0) {
      throw new ArgumentError({ op, argument: 'columns', expected: 'to name at least one feature', received: 'none' });
    }
    if (features.length !== targets.length * columns.length) {
      const expected = `to have ${targets.length} rows of ${columns.length} numbers (one row for each target)`;
      throw new ArgumentError({ op, argument: 'features', expected, received: `${features.length} numbers` });
    }
    this.features = features;
    this.targets = targets;
    this.columns = [...columns];
  }

  get length(): number {
    return this.targets.length;
  }

  get(index: number): RegressionExample {
    checkIndex('RegressionDataset.get', index, this.length);
    const width = this.columns.length;
    return {
      features: this.features.subarray(index * width, (index + 1) * width),
      target: this.targets[index] ?? NaN,
    };
  }
}

// SPDX-License-Identifier: Apache-2.0
// A table in memory: rows of numbers, each with the class it belongs to.

import { ArgumentError, checkOptions } from '@nabla/core';
import { type Dataset, checkIndex } from './dataset.ts';

/** One row: its numbers and the id of its class. */
export interface TableExample {
  /** `[features]`, a view of the data set's memory: read it, do not write it. */
  readonly features: Float32Array;
  /** 0 to `classes.length - 1`. */
  readonly label: number;
}

/** What a table is made of. */
export interface TableOptions {
  /** `[rows, features]`, one row after the other. */
  readonly features: Float32Array;
  /** `[rows]`: the class id of each row. */
  readonly labels: Int32Array;
  /** Names of the feature columns: their number is the number of features. */
  readonly columns: readonly string[];
  /** Names of the classes: class id 0 is the first. */
  readonly classes: readonly string[];
}

/**
 * Rows of numbers with class labels, held in memory.
 *
 * @throws {ArgumentError} the arrays do not fit together, or a label is not the id of a class
 * @example
 * const table = new TableDataset({
 *   features: new Float32Array([1, 2, 3, 4]),
 *   labels: new Int32Array([1, 0]),
 *   columns: ['length', 'width'],
 *   classes: ['cat', 'dog'],
 * });
 * [...table.get(1).features, table.get(1).label]; // [3, 4, 0]
 */
export class TableDataset implements Dataset<TableExample> {
  readonly features: Float32Array; // [rows, features]
  readonly labels: Int32Array; // [rows]
  readonly columns: readonly string[];
  readonly classes: readonly string[];

  constructor(options: TableOptions) {
    const op = 'TableDataset';
    checkOptions(op, options, ['features', 'labels', 'columns', 'classes']);
    const { features, labels, columns, classes } = options;
    if (columns.length === 0) {
      throw new ArgumentError({ op, argument: 'columns', expected: 'to name at least one feature', received: 'none' });
    }
    if (features.length !== labels.length * columns.length) {
      const expected = `to have ${labels.length} rows of ${columns.length} numbers (one row for each label)`;
      throw new ArgumentError({ op, argument: 'features', expected, received: `${features.length} numbers` });
    }
    const stray = labels.findIndex((label) => label < 0 || label >= classes.length);
    if (stray !== -1) {
      const expected = `to be ids of classes, 0 to ${classes.length - 1}`;
      throw new ArgumentError({ op, argument: 'labels', expected, received: `${labels[stray]} in row ${stray}` });
    }
    this.features = features;
    this.labels = labels;
    this.columns = columns;
    this.classes = classes;
  }

  get length(): number {
    return this.labels.length;
  }

  get(index: number): TableExample {
    checkIndex('TableDataset.get', index, this.length);
    const width = this.columns.length;
    return {
      features: this.features.subarray(index * width, (index + 1) * width),
      label: this.labels[index] ?? 0,
    };
  }
}

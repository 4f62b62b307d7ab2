// SPDX-License-Identifier: Apache-2.0
// Data sets made of lists and of other data sets: an array, several one after the other, one with its examples changed.

import { ArgumentError } from '@nabla/core';
import { type Dataset, checkIndex } from './dataset.ts';

/**
 * Examples that are in memory.
 *
 * @example
 * new ArrayDataset(['a', 'b']).get(1); // 'b'
 */
export class ArrayDataset<Example> implements Dataset<Example> {
  readonly #examples: readonly Example[];

  /** @param examples  a copy of the list is kept, not of the examples */
  constructor(examples: readonly Example[]) {
    this.#examples = [...examples];
  }

  get length(): number {
    return this.#examples.length;
  }

  get(index: number): Example {
    checkIndex('ArrayDataset.get', index, this.length);
    return this.#examples[index] as Example;
  }
}

/**
 * The examples of several data sets, those of the first first.
 *
 * @throws {ArgumentError} there is no data set
 * @example
 * const [a, b] = [new ArrayDataset(['a']), new ArrayDataset(['b', 'c'])];
 * new ConcatDataset([a, b]).get(2); // 'c'
 */
export class ConcatDataset<Example> implements Dataset<Example> {
  readonly datasets: readonly Dataset<Example>[];
  readonly length: number;
  readonly #starts: readonly number[]; // of each data set

  constructor(datasets: readonly Dataset<Example>[]) {
    if (datasets.length === 0) {
      const expected = 'to have at least one data set';
      throw new ArgumentError({ op: 'ConcatDataset', argument: 'datasets', expected, received: 'none' });
    }
    let length = 0;
    this.datasets = [...datasets];
    this.#starts = datasets.map((dataset) => (length += dataset.length) - dataset.length);
    this.length = length;
  }

  get(index: number): Example {
    checkIndex('ConcatDataset.get', index, this.length);
    const which = this.#starts.findLastIndex((start) => start <= index); // an empty one starts where the next does
    return (this.datasets[which] as Dataset<Example>).get(index - (this.#starts[which] ?? 0));
  }
}

/**
 * The examples of a data set, each changed by a function when it is asked for. The function must give the same for the same
 * example; what is drawn at random belongs into a loader's `collate`, whose generator is saved with the position.
 *
 * @example
 * new MappedDataset(new ArrayDataset([1, 2]), (number) => `${number}`).get(1); // '2'
 */
export class MappedDataset<Source, Example> implements Dataset<Example> {
  readonly dataset: Dataset<Source>;
  readonly #change: (example: Source, index: number) => Example;

  constructor(dataset: Dataset<Source>, change: (example: Source, index: number) => Example) {
    this.dataset = dataset;
    this.#change = change;
  }

  get length(): number {
    return this.dataset.length;
  }

  get(index: number): Example {
    checkIndex('MappedDataset.get', index, this.length);
    return this.#change(this.dataset.get(index), index);
  }
}

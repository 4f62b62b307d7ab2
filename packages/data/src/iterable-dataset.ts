// SPDX-License-Identifier: Apache-2.0
// Data sets that are too large for memory: examples one after the other, and batches of them.

import { checkBoolean, checkInteger, checkOptions } from '@nabla/core';
import { ArrayDataset } from './composed-datasets.ts';

/**
 * Examples in one order, each in memory only while it is used. Every `for await` begins anew. Where a training must resume
 * exactly or shuffle, take a `Dataset`: its examples have numbers.
 */
export type IterableDataset<Example> = AsyncIterable<Example>;

/** How examples are put into batches. */
export interface BatchOptions<Example, Batch> {
  /** Examples in a batch. */
  readonly batchSize: number;
  /** Makes a batch of its examples. */
  readonly collate: (examples: readonly Example[]) => Batch;
  /** Whether the last batch is left out when it is not full. Default: false. */
  readonly dropLast?: boolean;
}

/**
 * The batches of one pass over a data set.
 *
 * @throws {ArgumentError} `batchSize` is no integer >= 1
 * @example
 * const sums: number[] = [];
 * const collate = (examples: readonly number[]) => examples.reduce((a, b) => a + b, 0);
 * const numbers = { async *[Symbol.asyncIterator]() { yield* [1, 2, 3]; } };
 * for await (const sum of batchesOf(numbers, { batchSize: 2, collate })) sums.push(sum);
 * sums; // [3, 3]
 */
export async function* batchesOf<Example, Batch>(
  dataset: IterableDataset<Example>,
  options: BatchOptions<Example, Batch>,
): AsyncGenerator<Batch, void, undefined> {
  checkOptions('batchesOf', options, ['batchSize', 'collate', 'dropLast']);
  const { batchSize, collate, dropLast = false } = options;
  checkInteger('batchesOf', 'batchSize', batchSize, { minimum: 1 });
  checkBoolean('batchesOf', 'dropLast', dropLast);
  let examples: Example[] = [];
  for await (const example of dataset) {
    examples.push(example);
    if (examples.length < batchSize) continue;
    yield collate(examples);
    examples = [];
  }
  if (examples.length > 0 && !dropLast) yield collate(examples);
}

/** All examples in memory, with numbers; none where one of them cannot be had. */
export async function collect<Example>(dataset: IterableDataset<Example>): Promise<ArrayDataset<Example>> {
  const examples: Example[] = [];
  for await (const example of dataset) examples.push(example);
  return new ArrayDataset(examples);
}

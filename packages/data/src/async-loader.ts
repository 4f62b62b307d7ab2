// SPDX-License-Identifier: Apache-2.0
// Batches of a data set that is read from files, some of them read ahead while the training computes.

import { Generator as RandomGenerator, type GeneratorState, checkInteger, checkOptions } from '@nabla/core';
import type { AsyncDataset } from './async-dataset.ts';
import { DataLoader, type DataLoaderOptions, type DataLoaderState } from './loader.ts';

/** How batches are made. */
export interface AsyncDataLoaderOptions<Example, Batch> extends DataLoaderOptions<Example, Batch> {
  /** Batches whose examples are read ahead, in memory until they are asked for; 0 reads each when it is. Default: 2. */
  readonly prefetch?: number;
}

/** A batch that is being read. */
interface Reading<Example> {
  readonly examples: Promise<readonly Example[]>;
  /** Where the order stands after it. */
  readonly after: Position;
}

interface Position {
  readonly state: DataLoaderState;
  readonly epoch: number;
}

/**
 * Batches of a data set whose examples take time to get, in the order that a {@link DataLoader} with the same options gives:
 * `next()` without end, `for await (const batch of loader)` those that are left of the epoch under way.
 *
 * The examples of a batch are asked for at the same time, and those of the next `prefetch` batches of the epoch before they are
 * needed: reading and decoding, which Node does in threads of its own, goes on while the training computes. `collate` is called
 * when a batch is asked for and never ahead, so that it draws the same with any `prefetch`, and no tensor exists that nobody
 * has. Leaving a `for await` early, or `close()`, drops what was read ahead.
 *
 * An example that cannot be had makes the `next()` fail whose batch it belongs to, after all batches before it; the loader then
 * stands where it stood, and the next `next()` tries again.
 *
 * A state of this loader or of a `DataLoader` makes either go on exactly: it says what was given, not what was read.
 *
 * @throws {ArgumentError} as {@link DataLoader}, or `prefetch` is no integer >= 0
 * @example
 * const dataset = { length: 5, get: async (index: number) => index * 10 };
 * const batches: number[][] = [];
 * const loader = new AsyncDataLoader(dataset, { batchSize: 2, collate: (examples) => [...examples] });
 * for await (const batch of loader) batches.push(batch);
 * batches; // [[0, 10], [20, 30], [40]]
 */
export class AsyncDataLoader<Example, Batch> implements AsyncIterable<Batch> {
  readonly dataset: AsyncDataset<Example>;
  readonly prefetch: number;
  readonly #order: DataLoader<number, readonly number[]>; // stands behind the last batch that is being read
  readonly #collate: (examples: readonly Example[], generator: RandomGenerator) => Batch;
  readonly #ownsSeed: boolean;
  #generator: RandomGenerator;
  #ahead: Reading<Example>[] = [];
  #given: Position; // behind the last batch that was given
  #last: Promise<unknown> = Promise.resolve(); // calls of next() that overlap take turns

  constructor(dataset: AsyncDataset<Example>, options: AsyncDataLoaderOptions<Example, Batch>) {
    const op = 'AsyncDataLoader';
    checkOptions(op, options, ['batchSize', 'collate', 'generator', 'sampler', 'dropLast', 'prefetch']);
    const { prefetch = 2, collate, generator, ...order } = options;
    checkInteger(op, 'prefetch', prefetch, { minimum: 0 });
    const indices = { length: dataset.length, get: (index: number): number => index };
    this.dataset = dataset;
    this.prefetch = prefetch;
    this.#order = new DataLoader(indices, { ...order, collate: (batch) => [...batch] });
    this.#collate = collate;
    this.#ownsSeed = generator === undefined;
    this.#generator = RandomGenerator.fromState((generator ?? new RandomGenerator(0)).state());
    this.#given = this.#position();
  }

  get batchSize(): number {
    return this.#order.batchSize;
  }

  /** Batches in a whole epoch. */
  get batchesPerEpoch(): number {
    return this.#order.batchesPerEpoch;
  }

  /** Epochs that are complete. */
  get epoch(): number {
    return this.#given.epoch;
  }

  /** The next batch; after an epoch's last comes the first of the next epoch. Rejects where an example cannot be had. */
  next(): Promise<Batch> {
    const batch = this.#last.then(() => this.#next());
    this.#last = batch.catch(() => undefined);
    return batch;
  }

  /** The batches that are left of the epoch under way. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const { epoch } = this;
    try {
      while (this.epoch === epoch) yield await this.next();
    } finally {
      this.close();
    }
  }

  /** Drops what was read ahead; nothing further is read until the next `next()`, which goes on where the loader stands. */
  close(): void {
    if (this.#ahead.length === 0) return;
    this.#ahead = [];
    this.#order.loadState(this.#given.state);
  }

  state(): DataLoaderState {
    const isNeedless = this.#ownsSeed && this.#generator.offset === 0;
    const generator: { generator?: GeneratorState } = isNeedless ? {} : { generator: this.#generator.state() };
    return { ...this.#given.state, ...generator };
  }

  /** @throws {ArgumentError} the state is of another batch size, kind of sampler or number of examples (code `STATE`) */
  loadState(state: DataLoaderState): void {
    this.#order.loadState(state);
    const { generator } = state;
    this.#ahead = [];
    this.#generator =
      generator === undefined ? new RandomGenerator(this.#generator.seed) : RandomGenerator.fromState(generator);
    this.#given = this.#position();
  }

  async #next(): Promise<Batch> {
    for (;;) {
      const reading = this.#readAhead();
      // A training step blocks the event loop. One turn of it lets what the threads have finished meanwhile arrive and go on.
      await new Promise((resolve) => setImmediate(resolve));
      const drawn = this.#generator.state();
      try {
        const examples = await reading.examples;
        if (this.#ahead[0] !== reading) continue; // the loader was moved, or closed, meanwhile
        const batch = this.#collate(examples, this.#generator);
        this.#ahead.shift();
        this.#given = reading.after;
        return batch;
      } catch (error) {
        if (this.#ahead[0] !== reading) continue;
        this.close();
        this.#generator = RandomGenerator.fromState(drawn);
        throw error;
      }
    }
  }

  /** Has the next batch under way, which it gives, and those after it that are to be read ahead, as far as the epoch has them. */
  #readAhead(): Reading<Example> {
    const first = this.#ahead[0] ?? this.#begin();
    while (this.#ahead.length <= this.prefetch && this.#order.epoch === this.#given.epoch) this.#begin();
    return first;
  }

  #begin(): Reading<Example> {
    const indices = this.#order.next();
    const examples = all(indices.map(async (index) => this.dataset.get(index)));
    examples.catch(() => undefined); // reported when the batch is asked for, if it is
    const reading = { examples, after: this.#position() };
    this.#ahead.push(reading);
    return reading;
  }

  #position(): Position {
    return { state: this.#order.state(), epoch: this.#order.epoch };
  }
}

/** As `Promise.all`, but what rejects first in the order of the list, not in that of time, is the error: the same each time. */
async function all<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

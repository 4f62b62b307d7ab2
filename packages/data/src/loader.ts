// SPDX-License-Identifier: Apache-2.0
// Batches of a data set in the order of a sampler, with a position that can be saved.

import {
  ArgumentError,
  Generator as RandomGenerator,
  type GeneratorState,
  checkBoolean,
  checkInteger,
  checkOptions,
} from '@nabla/core';
import type { Dataset } from './dataset.ts';
import { type Sampler, type SamplerState, SequentialSampler } from './sampler.ts';

/** How batches are made. */
export interface DataLoaderOptions<Example, Batch> {
  /** Examples in a batch. */
  readonly batchSize: number;
  /** Makes a batch of its examples: `collateTable`, `collateText`, or one of your own. */
  readonly collate: (examples: readonly Example[], generator: RandomGenerator) => Batch;
  /**
   * What `collate` draws from, to change examples at random. The loader goes on from where it stands with one of its own, whose
   * state is saved with the position. Default: one of seed 0.
   */
  readonly generator?: RandomGenerator;
  /** The order of the examples. Default: sequential. */
  readonly sampler?: Sampler;
  /** Whether an epoch's last batch is left out when it is not full. Default: false. */
  readonly dropLast?: boolean;
}

/** Where a loader stands, as plain data. */
export interface DataLoaderState {
  readonly batchSize: number;
  readonly sampler: SamplerState;
  /** Of the generator that `collate` draws from; left out where there was none and nothing was drawn. */
  readonly generator?: GeneratorState;
}

/**
 * Batches of a data set. `next()` gives batches without end; `for (const batch of loader)` gives those that are left of the
 * epoch under way, hence a whole epoch each time when none is left early with `break`.
 * A batch never mixes two epochs, so the last batch of an epoch can be smaller.
 *
 * A loader that was given the `state()` of another goes on with exactly the batches that the other would have given.
 *
 * @throws {ArgumentError} the sampler is for another number of examples, or there would be no batch at all
 * @example
 * const dataset = { length: 5, get: (index: number) => index * 10 };
 * [...new DataLoader(dataset, { batchSize: 2, collate: (examples) => [...examples] })]; // [[0, 10], [20, 30], [40]]
 */
export class DataLoader<Example, Batch> implements Iterable<Batch> {
  readonly dataset: Dataset<Example>;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly #sampler: Sampler;
  readonly #collate: (examples: readonly Example[], generator: RandomGenerator) => Batch;
  readonly #ownsSeed: boolean;
  #generator: RandomGenerator;

  constructor(dataset: Dataset<Example>, options: DataLoaderOptions<Example, Batch>) {
    const op = 'DataLoader';
    checkOptions(op, options, ['batchSize', 'collate', 'generator', 'sampler', 'dropLast']);
    const { batchSize, collate, dropLast = false } = options;
    checkInteger(op, 'batchSize', batchSize, { minimum: 1 });
    checkBoolean(op, 'dropLast', dropLast);
    if (dataset.length === 0) {
      throw new ArgumentError({ op, argument: 'dataset', expected: 'to have examples', received: 'none' });
    }
    const sampler = options.sampler ?? new SequentialSampler(dataset.length);
    if (sampler.examples !== dataset.length) {
      const expected = `to be for the ${dataset.length} examples of the data set`;
      throw new ArgumentError({ op, argument: 'sampler', expected, received: `one for ${sampler.examples}` });
    }
    if (dropLast && batchSize > sampler.length) {
      const expected = `to be at most ${sampler.length}, the number of examples, when the last batch is dropped`;
      throw new ArgumentError({ op, argument: 'batchSize', expected, received: String(batchSize) });
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
    this.#sampler = sampler;
    this.#collate = collate;
    this.#ownsSeed = options.generator === undefined;
    this.#generator = RandomGenerator.fromState((options.generator ?? new RandomGenerator(0)).state());
  }

  /** Batches in a whole epoch. */
  get batchesPerEpoch(): number {
    const batches = this.#sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** Epochs that are complete. */
  get epoch(): number {
    return this.#sampler.epoch;
  }

  /** The next batch; after an epoch's last comes the first of the next epoch. */
  next(): Batch {
    const left = this.#sampler.length - this.#sampler.position;
    const indices = Array.from({ length: Math.min(this.batchSize, left) }, () => this.#sampler.next());
    if (this.dropLast) this.#dropRest();
    return this.#collate(
      indices.map((index) => this.dataset.get(index)),
      this.#generator,
    );
  }

  /** The batches that are left of the epoch under way. */
  *[Symbol.iterator](): Generator<Batch, void, undefined> {
    const { epoch } = this;
    while (this.epoch === epoch) yield this.next();
  }

  state(): DataLoaderState {
    const state = { batchSize: this.batchSize, sampler: this.#sampler.state() };
    const isNeedless = this.#ownsSeed && this.#generator.offset === 0;
    return isNeedless ? state : { ...state, generator: this.#generator.state() };
  }

  /** @throws {ArgumentError} the state is of another batch size, kind of sampler or number of examples (code `STATE`) */
  loadState(state: DataLoaderState): void {
    const op = 'DataLoader.loadState';
    checkOptions(op, state ?? null, ['batchSize', 'sampler', 'generator']);
    if (state.batchSize !== this.batchSize) {
      const hint = 'The state was saved with another batch size; nothing was changed.';
      const expected = `to be ${this.batchSize}`;
      throw new ArgumentError(
        { op, argument: 'batchSize', expected, received: String(state.batchSize), hint },
        'STATE',
      );
    }
    const generator = state.generator === undefined ? undefined : RandomGenerator.fromState(state.generator);
    this.#sampler.loadState(state.sampler);
    this.#generator = generator ?? new RandomGenerator(this.#generator.seed);
  }

  /** Ends the epoch if what is left of it makes no full batch. */
  #dropRest(): void {
    const { position, length } = this.#sampler;
    if (position === 0 || length - position >= this.batchSize) return;
    for (let i = position; i < length; i++) this.#sampler.next();
  }
}

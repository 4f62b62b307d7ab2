// SPDX-License-Identifier: Apache-2.0
// The order in which examples are taken, epoch after epoch, with a position that can be saved.

import { ArgumentError, Generator, type GeneratorState, checkInteger, checkOptions } from '@nabla/core';

/** Where a sampler stands, as plain data. */
export interface SamplerState {
  /** The class, so that a state is not loaded into another kind. */
  readonly kind: string;
  /** Indices in one epoch. */
  readonly length: number;
  /** Epochs that are complete. */
  readonly epoch: number;
  /** Indices taken of the epoch that is under way. */
  readonly position: number;
  /** A random sampler's generator: as it was when the epoch began, or as it is. */
  readonly generator?: GeneratorState;
}

/**
 * Indices of examples without end. `length` of them make an epoch; the one after an epoch's last begins the next epoch.
 * A sampler that was given the `state()` of another goes on with exactly the indices that the other would have given.
 */
export abstract class Sampler {
  /** Indices in one epoch. */
  readonly length: number;
  protected abstract readonly kind: string;
  #epoch = 0;
  #position = 0;

  /** @param length  how many examples there are, at least 1 */
  constructor(length: number) {
    checkInteger(new.target.name, 'length', length, { minimum: 1, maximum: 2147483647 });
    this.length = length;
  }

  /** Epochs that are complete. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Indices taken of the epoch that is under way, 0 to `length - 1`. */
  get position(): number {
    return this.#position;
  }

  /** The next index, 0 to `length - 1`. */
  next(): number {
    const index = this.draw(this.#position);
    this.#position += 1;
    if (this.#position === this.length) {
      this.#position = 0;
      this.#epoch += 1;
    }
    return index;
  }

  state(): SamplerState {
    const generator = this.generatorState();
    const state = { kind: this.kind, length: this.length, epoch: this.#epoch, position: this.#position };
    return generator === undefined ? state : { ...state, generator };
  }

  /** @throws {ArgumentError} the state is of another kind of sampler or of another number of examples (code `STATE`) */
  loadState(state: SamplerState): void {
    const op = `${this.kind}.loadState`;
    checkOptions(op, state ?? null, ['kind', 'length', 'epoch', 'position', 'generator']);
    const hint = 'The state was saved with other settings or with other data; nothing was changed.';
    if (state.kind !== this.kind) {
      const mismatch = { op, argument: 'kind', expected: `to be ${this.kind}`, received: String(state.kind), hint };
      throw new ArgumentError(mismatch, 'STATE');
    }
    if (state.length !== this.length) {
      const mismatch = {
        op,
        argument: 'length',
        expected: `to be ${this.length}`,
        received: String(state.length),
        hint,
      };
      throw new ArgumentError(mismatch, 'STATE');
    }
    checkInteger(op, 'epoch', state.epoch, { minimum: 0 });
    checkInteger(op, 'position', state.position, { minimum: 0, maximum: this.length - 1 });
    this.loadGenerator(state.generator, op);
    this.#epoch = state.epoch;
    this.#position = state.position;
  }

  /** The index at a position of the epoch; called once for each position, in order. */
  protected abstract draw(position: number): number;

  /** What of a random sampler must be saved besides the position. */
  protected generatorState(): GeneratorState | undefined {
    return undefined;
  }

  /** Takes back what {@link Sampler.generatorState} gave. */
  protected loadGenerator(_state: GeneratorState | undefined, _op: string): void {}
}

/**
 * 0, 1, 2, … in each epoch.
 *
 * @example
 * const sampler = new SequentialSampler(2);
 * [sampler.next(), sampler.next(), sampler.next(), sampler.epoch]; // [0, 1, 0, 1]
 */
export class SequentialSampler extends Sampler {
  protected readonly kind = 'SequentialSampler';

  protected draw(position: number): number {
    return position;
  }
}

/** What a random sampler needs. */
export interface RandomSamplerOptions {
  /** The source of randomness. The sampler goes on from where it stands with one of its own, and leaves this one alone. */
  readonly generator: Generator;
}

/**
 * Every example once in each epoch, in an order drawn anew for each.
 *
 * @example
 * const sampler = new RandomSampler(3, { generator: new Generator(0) });
 * [sampler.next(), sampler.next(), sampler.next()].sort(); // [0, 1, 2]
 */
export class RandomSampler extends Sampler {
  protected readonly kind = 'RandomSampler';
  #generator: Generator;
  #begin: GeneratorState; // of the epoch under way
  #order: Int32Array | undefined; // of the epoch under way; undefined until its first index is asked for

  constructor(length: number, options: RandomSamplerOptions) {
    super(length);
    this.#generator = copyGenerator('RandomSampler', options);
    this.#begin = this.#generator.state();
  }

  protected draw(position: number): number {
    if (position === 0 || this.#order === undefined) {
      this.#begin = this.#generator.state();
      this.#order = this.#generator.permutation(this.length);
    }
    return this.#order[position] ?? 0;
  }

  protected override generatorState(): GeneratorState {
    return this.position === 0 ? this.#generator.state() : this.#begin;
  }

  protected override loadGenerator(state: GeneratorState | undefined, op: string): void {
    this.#generator = restoreGenerator(state, op);
    this.#begin = this.#generator.state();
    this.#order = undefined;
  }
}

/**
 * Any example each time, drawn independently: what nanoGPT does with the windows of a text.
 *
 * @example
 * const sampler = new RandomWithReplacementSampler(1, { generator: new Generator(0) });
 * [sampler.next(), sampler.next()]; // [0, 0]
 */
export class RandomWithReplacementSampler extends Sampler {
  protected readonly kind = 'RandomWithReplacementSampler';
  #generator: Generator;

  constructor(length: number, options: RandomSamplerOptions) {
    super(length);
    this.#generator = copyGenerator('RandomWithReplacementSampler', options);
  }

  protected draw(): number {
    return this.#generator.integer(this.length);
  }

  protected override generatorState(): GeneratorState {
    return this.#generator.state();
  }

  protected override loadGenerator(state: GeneratorState | undefined, op: string): void {
    this.#generator = restoreGenerator(state, op);
  }
}

function copyGenerator(op: string, options: RandomSamplerOptions): Generator {
  checkOptions(op, options, ['generator']);
  if (!(options?.generator instanceof Generator)) {
    throw new ArgumentError({ op, argument: 'generator', expected: 'to be a Generator', received: 'none' });
  }
  return Generator.fromState(options.generator.state());
}

function restoreGenerator(state: GeneratorState | undefined, op: string): Generator {
  if (state !== undefined) return Generator.fromState(state);
  throw new ArgumentError({ op, argument: 'generator', expected: 'to be a state', received: 'none' }, 'STATE');
}

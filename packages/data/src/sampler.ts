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
  /** Examples that the indices are of: indices are below it. */
  readonly examples: number;
  protected abstract readonly kind: string;
  #epoch = 0;
  #position = 0;

  /**
   * @param examples  how many examples there are, at least 1
   * @param length    indices in one epoch; default: one for each example
   */
  constructor(examples: number, length: number = examples) {
    checkInteger(new.target.name, 'length', examples, { minimum: 1, maximum: 2147483647 });
    this.length = length;
    this.examples = examples;
  }

  /** Epochs that are complete. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Indices taken of the epoch that is under way, 0 to `length - 1`. */
  get position(): number {
    return this.#position;
  }

  /** The next index, 0 to `examples - 1`. */
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
 * A sampler that draws the whole order of an epoch when its first index is asked for. What it saves is the generator as it was
 * then, hence a position in the middle of an epoch takes no more room than one at its beginning.
 */
export abstract class ShuffledSampler extends Sampler {
  #generator: Generator;
  #begin: GeneratorState; // of the epoch under way
  #order: ArrayLike<number> | undefined; // of the epoch under way; undefined until its first index is asked for

  constructor(op: string, examples: number, options: RandomSamplerOptions, length: number = examples) {
    super(examples, length);
    this.#generator = copyGenerator(op, options);
    this.#begin = this.#generator.state();
  }

  /** The indices of one epoch, `length` of them, each 0 to `examples - 1`. */
  protected abstract shuffle(generator: Generator): ArrayLike<number>;

  protected draw(position: number): number {
    if (position === 0 || this.#order === undefined) {
      this.#begin = this.#generator.state();
      this.#order = this.shuffle(this.#generator);
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
 * Every example once in each epoch, in an order drawn anew for each.
 *
 * @example
 * const sampler = new RandomSampler(3, { generator: new Generator(0) });
 * [sampler.next(), sampler.next(), sampler.next()].sort(); // [0, 1, 2]
 */
export class RandomSampler extends ShuffledSampler {
  protected readonly kind = 'RandomSampler';

  constructor(length: number, options: RandomSamplerOptions) {
    super('RandomSampler', length, options);
  }

  protected shuffle(generator: Generator): Int32Array {
    return generator.permutation(this.length);
  }
}

/**
 * A sampler that draws each index by itself, whatever came before.
 */
export abstract class IndependentSampler extends Sampler {
  #generator: Generator;

  constructor(op: string, examples: number, options: RandomSamplerOptions) {
    super(examples);
    this.#generator = copyGenerator(op, options);
  }

  /** One index, 0 to `examples - 1`. */
  protected abstract choose(generator: Generator): number;

  protected draw(): number {
    return this.choose(this.#generator);
  }

  protected override generatorState(): GeneratorState {
    return this.#generator.state();
  }

  protected override loadGenerator(state: GeneratorState | undefined, op: string): void {
    this.#generator = restoreGenerator(state, op);
  }
}

/**
 * Any example each time, drawn independently: what nanoGPT does with the windows of a text.
 *
 * @example
 * const sampler = new RandomWithReplacementSampler(1, { generator: new Generator(0) });
 * [sampler.next(), sampler.next()]; // [0, 0]
 */
export class RandomWithReplacementSampler extends IndependentSampler {
  protected readonly kind = 'RandomWithReplacementSampler';

  constructor(length: number, options: RandomSamplerOptions) {
    super('RandomWithReplacementSampler', length, options);
  }

  protected choose(generator: Generator): number {
    return generator.integer(this.length);
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

// SPDX-License-Identifier: Apache-2.0
// Seeded random numbers, held by the caller: one seed gives the same numbers on every device, and the state is two integers.

import { checkInteger, checkNumber, checkOptions, checkSizes } from './check.ts';
import { ArgumentError } from './errors.ts';
import { runKernelForOne } from './ops/run.ts';
import { philox } from './philox.ts';
import { sizeOf } from './shape.ts';
import type { Tensor } from './tf.ts';

/** Where a generator stands, for checkpoints. */
export interface GeneratorState {
  /** The stream. */
  readonly seed: number;
  /** Blocks of four 32-bit words that were used up. */
  readonly offset: number;
}

/** Where generators stood before they first drew. */
export type Draws = ReadonlyMap<Generator, GeneratorState>;

const observers = new Set<Map<Generator, GeneratorState>>();

/** Runs `f` and tells which generators it drew from, and where each stood before. */
export function observeDraws<T>(f: () => T): { readonly value: T; readonly draws: Draws } {
  const draws = new Map<Generator, GeneratorState>();
  observers.add(draws);
  try {
    return { value: f(), draws };
  } finally {
    observers.delete(draws);
  }
}

/** Runs `f` with the generators where they stood; afterwards they stand where they do now. */
export function replayDraws<T>(draws: Draws, f: () => T): T {
  const present = [...draws.keys()].map((generator) => ({ generator, state: generator.state() }));
  for (const [generator, state] of draws) generator.restore(state);
  try {
    return f();
  } finally {
    for (const { generator, state } of present) generator.restore(state);
  }
}

/**
 * A stream of random numbers: Philox 4x32-10 with the seed as key and a block count as counter. There is no global generator:
 * whatever draws numbers is given one. Equal seeds and equal calls give equal numbers, bit for bit, on every device.
 *
 * For a stream of its own, give a part of the program its own generator: `new Generator(generator.integer(2 ** 48))`.
 *
 * @see Salmon, Moraes, Dror & Shaw 2011, https://doi.org/10.1145/2063384.2063405
 * @example
 * new Generator(7).integer(100); // 20
 */
export class Generator {
  readonly seed: number;
  #offset = 0;
  /** Whether fills are zeros; see {@link withoutDrawing}. */
  #blank = false;

  /**
   * @param seed  integer >= 0, at most 2^53 - 1
   * @throws {ArgumentError} not such an integer
   */
  constructor(seed: number) {
    checkInteger('Generator', 'seed', seed, { minimum: 0 });
    this.seed = seed;
  }

  /** A generator that goes on where the one with this state stood. */
  static fromState(state: GeneratorState): Generator {
    checkOptions('Generator.fromState', state, ['seed', 'offset']);
    checkInteger('Generator.fromState', 'offset', state.offset, { minimum: 0 });
    const generator = new Generator(state.seed);
    generator.#offset = state.offset;
    return generator;
  }

  /** Blocks of four 32-bit words used up so far. */
  get offset(): number {
    return this.#offset;
  }

  state(): GeneratorState {
    return { seed: this.seed, offset: this.#offset };
  }

  /**
   * Goes back, or ahead, to a state of this stream.
   *
   * @throws {ArgumentError} the state is of another seed (code `RANDOM`)
   * @example
   * const generator = new Generator(7);
   * const start = generator.state();
   * const first = generator.integer(100);
   * generator.restore(start);
   * generator.integer(100) === first; // true
   */
  restore(state: GeneratorState): void {
    checkInteger('Generator.restore', 'offset', state.offset, { minimum: 0 });
    if (state.seed !== this.seed) {
      const op = 'Generator.restore';
      throw new ArgumentError(
        { op, argument: 'seed', expected: `to be ${this.seed}`, received: String(state.seed) },
        'RANDOM',
      );
    }
    this.#offset = state.offset;
  }

  /**
   * Runs `f`, in which {@link uniform} and {@link normal} give zeros and draw nothing: for a model whose values are read from a
   * file next, and whose initial ones would be drawn in vain. The zeros take memory when they are first used.
   *
   * @example
   * const generator = new Generator(1);
   * const layer = generator.withoutDrawing(() => generator.normal([2]));
   * [layer, generator.offset]; // [[0, 0], 0]
   */
  withoutDrawing<T>(f: () => T): T {
    const before = this.#blank;
    this.#blank = true;
    try {
      return f();
    } finally {
      this.#blank = before;
    }
  }

  /**
   * Reserves `count` blocks for a kernel that draws its numbers itself, and gives the first.
   *
   * @throws {ArgumentError} the stream has ended, after 2^53 blocks (code `RANDOM`)
   */
  next(count: number): number {
    checkInteger('Generator.next', 'count', count, { minimum: 0 });
    const first = this.#offset;
    if (count > Number.MAX_SAFE_INTEGER - first) {
      const received = `a need of ${count} more after ${first}`;
      throw new ArgumentError({ op: 'Generator.next', argument: 'blocks', expected: 'below 2^53', received }, 'RANDOM');
    }
    for (const draws of observers) if (!draws.has(this)) draws.set(this, this.state());
    this.#offset = first + count;
    return first;
  }

  /**
   * Uniform numbers in `[low, high)`, float32.
   *
   * @throws {ArgumentError} `low` is greater than `high`
   * @example
   * new Generator(1).uniform([2], 0, 1).shape; // [2]
   */
  uniform(shape: readonly number[], low = 0, high = 1): Tensor {
    checkSizes('Generator.uniform', 'shape', shape);
    checkNumber('Generator.uniform', 'low', low);
    checkNumber('Generator.uniform', 'high', high, { minimum: low });
    if (this.#blank) return runKernelForOne('NablaBlank', {}, { shape });
    const { seed } = this;
    const offset = this.next(blocksFor(sizeOf(shape)));
    return runKernelForOne('NablaRandomUniform', {}, { shape, seed, offset, low, high });
  }

  /**
   * Normally distributed numbers, float32.
   *
   * @throws {ArgumentError} `standardDeviation` is negative
   */
  normal(shape: readonly number[], mean = 0, standardDeviation = 1): Tensor {
    checkSizes('Generator.normal', 'shape', shape);
    checkNumber('Generator.normal', 'mean', mean);
    checkNumber('Generator.normal', 'standardDeviation', standardDeviation, { minimum: 0 });
    if (this.#blank) return runKernelForOne('NablaBlank', {}, { shape });
    const { seed } = this;
    const offset = this.next(blocksFor(sizeOf(shape)));
    return runKernelForOne('NablaRandomNormal', {}, { shape, seed, offset, mean, standardDeviation });
  }

  /**
   * An integer in `[0, bound)`, each equally likely.
   *
   * @param bound  1 to 2^53 - 1
   */
  integer(bound: number): number {
    checkInteger('Generator.integer', 'bound', bound, { minimum: 1 });
    return this.#below(bound, new Uint32Array(4));
  }

  /** The integers 0 to `count - 1` in random order, each order equally likely (Fisher and Yates). */
  permutation(count: number): Int32Array {
    checkInteger('Generator.permutation', 'count', count, { minimum: 0, maximum: 2147483647 });
    const words = new Uint32Array(4);
    const order = Int32Array.from({ length: count }, (_, i) => i);
    for (let last = count - 1; last > 0; last--) {
      const chosen = this.#below(last + 1, words);
      const moved = order[last];
      order[last] = order[chosen];
      order[chosen] = moved;
    }
    return order;
  }

  /** One block gives 53 bits; those above the greatest multiple of `bound` are drawn again, or the small ones were favoured. */
  #below(bound: number, words: Uint32Array): number {
    const limit = 2 ** 53 - (2 ** 53 % bound);
    for (;;) {
      philox(this.seed, this.next(1), words);
      const bits = (words[0] >>> 11) * 2 ** 32 + words[1];
      if (bits < limit) return bits % bound;
    }
  }
}

/** Blocks that `count` elements of a random fill take up: each gives four. */
export function blocksFor(count: number): number {
  return Math.ceil(count / 4);
}

// SPDX-License-Identifier: Apache-2.0
// How far two float32 results may lie apart: the one table that every test of values reads.

/** A value passes when `|received - expected| <= absolute + relative * |expected|`. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** What a computation does to its numbers; see {@link tolerance}. */
export type ToleranceKind = 'exact' | 'elementwise' | 'transcendental' | 'reduce' | 'matmul' | 'training';

// The distance from 1 to the next float32.
const EPSILON = 2 ** -23;

// Each bound is for values of magnitude about 1, and depends on the length of what is added up, or the number of steps.
const TABLE: Readonly<Record<ToleranceKind, (length: number) => Tolerance>> = {
  exact: () => ({ absolute: 0, relative: 0 }),
  elementwise: () => both(4 * EPSILON),
  transcendental: () => both(16 * EPSILON),
  // Terms of one sign, added one after the other, err by up to 0.6 sqrt(length) epsilons of their sum.
  reduce: (length) => both((8 + Math.sqrt(length)) * EPSILON),
  // Products of both signs, added one after the other, err by up to 1.5 length epsilons, however small their sum.
  matmul: (length) => ({ absolute: (8 + 2 * length) * EPSILON, relative: 8 * EPSILON }),
  // Two trainings that round differently drift apart: 1e-4 after the first step, 1e-2 after fifty.
  training: (steps) => ({ absolute: 1e-4 + 2e-4 * (steps - 1), relative: 0 }),
};

/**
 * The tolerance of a computation on values of magnitude about 1.
 *
 * - `exact`: data movement, integers, comparisons, random bits; 0
 * - `elementwise`: a few roundings, such as add, multiply, relu
 * - `transcendental`: exp, tanh, erf and what is made of them
 * - `reduce`: means, norms, softmax, sums of terms of one sign
 * - `matmul`: sums of products, and sums of terms of both signs
 * - `training`: a loss or a parameter after `length` optimizer steps
 *
 * @param length  elements that are added up to one result (the inner size of a matrix product), or steps; default 1
 * @example
 * tolerance('exact'); // { absolute: 0, relative: 0 }
 */
export function tolerance(kind: ToleranceKind, length = 1): Tolerance {
  return TABLE[kind](length);
}

function both(value: number): Tolerance {
  return { absolute: value, relative: value };
}

// SPDX-License-Identifier: Apache-2.0
// What a right call of a native kernel is, for the tests that spoil it.

/** Bytes of a buffer, or of each buffer of a list. */
type Bytes = number | readonly number[];

/** A right call: every buffer has exactly the bytes that the kernel touches. */
export interface KernelCall {
  readonly reads: Readonly<Record<string, Bytes>>;
  readonly writes: Readonly<Record<string, Bytes>>;
  /** Numbers and lists of numbers; every other parameter is {@link PLAIN}. */
  readonly sizes: Readonly<Record<string, number | readonly number[]>>;
  /** Parameters that say how much there is nowhere: a larger one may be right too. */
  readonly others?: Readonly<Record<string, number | readonly number[]>>;
  /** Pairs of arguments that may be one buffer, the written one first. */
  readonly inPlace?: readonly (readonly [string, string])[];
  /** Numbers that a parameter must refuse. */
  readonly refuses?: Readonly<Record<string, readonly number[]>>;
  /** What buffers of int32 must hold. */
  readonly integers?: Readonly<Record<string, readonly number[]>>;
  /** Buffers of int32 in which the first number may not be this one. */
  readonly noIndex?: Readonly<Record<string, readonly number[]>>;
}

/** What a parameter is that a call does not name. */
export const PLAIN = 0.5;

/** First values that parameters which choose something must refuse. */
export const NO_CHOICE: Readonly<Record<string, readonly number[]>> = {
  activation: [-1, 7],
  kind: [-1, 4],
  rule: [-1, 13],
  reduction: [-1, 3],
  zero_infinity: [-1, 2],
  blank: [-1, 4],
  probability: [NaN, -0.1, 1.1, Infinity],
  dropout: [NaN, -0.1, 1.1, Infinity],
};

/** Bytes of float32 or int32. */
export const elements = (count: number): number => 4 * count;

/** Indices that must be refused where those below `limit` are right. */
export const outOfRange = (limit: number): number[] => [-1, limit, 2 ** 31 - 1, -(2 ** 31)];

export type Rows = readonly (readonly [RegExp, KernelCall])[];

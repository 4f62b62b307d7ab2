// SPDX-License-Identifier: Apache-2.0
// How a native kernel is tried against its definition: by the calls of the kernel above it, which both devices have.

import type { Tolerance } from '../../tolerances.ts';
import { type Draw, MANY, type RunTensor, type ValueKind } from './draw.ts';

/** A call of a kernel as tfjs knows it. */
export interface KernelRun {
  readonly kernelName: string;
  /** Some kernels take a record of tensors, some a list. */
  readonly inputs: Readonly<Record<string, RunTensor>> | readonly RunTensor[];
  readonly attributes?: object;
  /** Outputs of which the contract leaves some elements open. */
  readonly unspecified?: readonly number[];
}

/** How one native kernel is tried. */
export interface KernelSweep {
  readonly kinds: readonly ValueKind[];
  /** The calls in which something is `n` long, so that each has work for whole vectors and a rest, or none at all. */
  readonly runs: (n: number, draw: Draw) => readonly KernelRun[];
  /** Of numbers of magnitude 1 and above; given in proportion to the largest number of a result. */
  readonly tolerance: (n: number) => Tolerance;
  /** Why an infinity may be NaN: formulas that are equal otherwise differ where infinities meet. */
  readonly openInfinities?: string;
  /** Why no two inputs are one tensor. */
  readonly neverAliased?: string;
}

/** Names of native kernels, and how such a kernel is tried. */
export type SweepRows = readonly (readonly [RegExp, (kernel: string) => KernelSweep])[];

/** Around one vector and more of every target, four and sixteen numbers long, and the sums of several of them. */
export const SWEEP_SIZES: readonly number[] = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 130];

/** One kernel that takes named inputs, for each of several shapes. */
export function sweep(
  kernelName: string,
  tolerances: (n: number) => Tolerance,
  runs: (n: number, draw: Draw) => readonly Omit<KernelRun, 'kernelName'>[],
  others: Partial<KernelSweep> = {},
): () => KernelSweep {
  return () => ({
    kinds: MANY,
    tolerance: tolerances,
    runs: (n, draw) => runs(n, draw).map((run) => ({ kernelName, ...run })),
    ...others,
  });
}

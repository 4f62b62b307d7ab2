// SPDX-License-Identifier: Apache-2.0
// Sorts along an axis, and picks the largest or smallest elements.

import { noGrad } from '../autodiff.ts';
import { checkBoolean, checkDtype, checkInteger, checkOptions, checkTensor } from '../check.ts';
import { normalizeAxis } from '../shape.ts';
import { type Tensor, slice, transpose } from '../tf.ts';
import { gatherAlong } from './gather-along.ts';
import { runKernelForOne } from './run.ts';

/** Options of {@link sort} and {@link argSort}. */
export interface SortOptions {
  /** Along which axis; negative ones count from the end. Default -1. */
  readonly axis?: number;
  /** Whether the largest come first. Default false. */
  readonly descending?: boolean;
}

/** Options of {@link topk}. */
export interface TopKOptions {
  /** Along which axis; negative ones count from the end. Default -1. */
  readonly axis?: number;
  /** Whether to pick the largest, or the smallest. Default true. */
  readonly largest?: boolean;
}

/** Elements, and where they stood. */
export interface Sorted {
  readonly values: Tensor;
  /** int32, the shape of `values`. */
  readonly indices: Tensor;
}

/**
 * Sorts along an axis. Equal elements keep their order; NaN counts as the largest. The gradient of each element goes where it
 * stood.
 *
 * @param x  numbers of any shape of at least one axis
 * @throws {ArgumentError} there is no such axis (code `AXIS`)
 * @example
 * sort(tensor1d([3, 1, 2])).indices; // [1, 2, 0]
 */
export function sort(x: Tensor, options: SortOptions = {}): Sorted {
  const { axis = -1 } = options;
  const indices = orderAlong('sort', x, options);
  return { values: gatherAlong(x, indices, axis), indices };
}

/**
 * The positions that sort an axis: `gatherAlong(x, argSort(x))` is sorted. Like {@link sort}.
 *
 * @param x  numbers of any shape of at least one axis
 * @throws {ArgumentError} there is no such axis (code `AXIS`)
 * @example
 * argSort(tensor1d([3, 1, 2]), { descending: true }); // [0, 2, 1]
 */
export function argSort(x: Tensor, options: SortOptions = {}): Tensor {
  return orderAlong('argSort', x, options);
}

/**
 * The `count` largest (or smallest) elements along an axis, in order; of equal elements the first.
 *
 * @param x      numbers of any shape of at least one axis
 * @param count  at most the length of the axis; default 1
 * @throws {ArgumentError} there is no such axis (code `AXIS`), or `count` is larger than it
 * @example
 * topk(tensor1d([3, 1, 4, 2]), 2).values; // [4, 3]
 */
export function topk(x: Tensor, count = 1, options: TopKOptions = {}): Sorted {
  checkOptions('topk', options, ['axis', 'largest']);
  const { axis = -1, largest = true } = options;
  checkBoolean('topk', 'largest', largest);
  const order = orderAlong('topk', x, { axis, descending: largest });
  const along = normalizeAxis('topk', axis, x.shape.length);
  checkInteger('topk', 'count', count, { minimum: 0, maximum: x.shape[along] });
  const indices = slice(
    order,
    x.shape.map(() => 0),
    x.shape.map((length, i) => (i === along ? count : length)),
  );
  return { values: gatherAlong(x, indices, along), indices };
}

function orderAlong(op: string, x: Tensor, options: SortOptions): Tensor {
  checkOptions(op, options, ['axis', 'descending']);
  const { axis = -1, descending = false } = options;
  checkBoolean(op, 'descending', descending);
  return positionsAlong(op, x, axis, (moved) => runKernelForOne('NablaArgSort', { x: moved }, { descending }));
}

/** Runs a kernel that finds positions along the last axis along any axis. Positions are constants: nothing is recorded. */
export function positionsAlong(op: string, x: Tensor, axis: number, find: (moved: Tensor) => Tensor): Tensor {
  checkTensor(op, 'x', x);
  checkDtype(op, 'x', x, 'float32', 'int32', 'bool');
  const along = normalizeAxis(op, axis, x.shape.length);
  const last = x.shape.length - 1;
  if (along === last) return noGrad(() => find(x));
  const swapped = x.shape.map((_, i) => (i === along ? last : i === last ? along : i));
  return noGrad(() => transpose(find(transpose(x, swapped)), swapped));
}

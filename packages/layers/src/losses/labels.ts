// SPDX-License-Identifier: Apache-2.0
// What the losses that compare with class labels share: weights of classes, ignored labels, looking up by label.

import {
  ArgumentError,
  ShapeError,
  type Tensor,
  add,
  checkDtype,
  checkFloat,
  checkInteger,
  checkRank,
  checkShape,
  checkTensor,
  div,
  equal,
  findBadIndex,
  gather,
  maximum,
  minimum,
  ones,
  range,
  reshape,
  scalar,
  sum,
  where,
  zerosLike,
} from '@nabla/core';

import { type LossOptions, type Reduction, checkLossOptions } from './reduction.ts';

export interface LabelOptions extends LossOptions {
  /** `[classes]`, float32: what an example of each class counts. A mean is divided by the sum of what its examples count. */
  weight?: Tensor | undefined;
  /** Examples with this label count nothing. Default: none are ignored (PyTorch ignores -100 unasked). */
  ignoreIndex?: number | undefined;
}

export interface CheckedLabelOptions {
  readonly reduction: Reduction;
  readonly weight: Tensor | undefined;
  readonly ignoreIndex: number | undefined;
}

/** @throws {ArgumentError} an unknown option or reduction, or an `ignoreIndex` that is no integer */
export function checkLabelOptions(
  op: string,
  options: LabelOptions,
  names: readonly string[] = [],
): CheckedLabelOptions {
  const reduction = checkLossOptions(op, options, ['weight', 'ignoreIndex', ...names]);
  const { weight, ignoreIndex } = options;
  if (weight !== undefined) checkClassWeight(op, weight);
  if (ignoreIndex !== undefined) checkInteger(op, 'ignoreIndex', ignoreIndex);
  return { reduction, weight, ignoreIndex };
}

function checkClassWeight(op: string, weight: Tensor): void {
  checkFloat(op, { weight });
  checkRank(op, 'weight', weight, 1);
}

/**
 * @returns the number of classes
 * @throws {ShapeError} `scores` has no class, or `weight` is not `[classes]`
 */
export function checkClasses(op: string, argument: string, scores: Tensor, weight: Tensor | undefined): number {
  checkFloat(op, { [argument]: scores });
  checkRank(op, argument, scores, 1, Infinity);
  const classes = scores.shape.at(-1) ?? 0;
  if (classes === 0) {
    const hint = 'There must be at least one class.';
    throw new ShapeError({ op, argument, expected: '[...batch, classes]', received: scores.shape, hint });
  }
  if (weight !== undefined) checkShape(op, 'weight', weight, [classes], 'It must have one entry for each class.');
  return classes;
}

/** Labels of which none is ignored or out of range, and what each example counts. */
export interface ReadLabels {
  readonly labels: Tensor; // [...batch], int32; any class where ignored
  readonly factors: Tensor; // [...batch]; the weight of its class, 0 where ignored
  readonly ignored: Tensor | undefined; // [...batch], bool
}

/**
 * @throws {ShapeError} `labels` is not `[...batch]`
 * @throws {DTypeError} `labels` is not int32
 * @throws {ArgumentError} a label is out of range and not ignored (code `DATA`)
 */
export function readLabels(
  op: string,
  given: Tensor,
  scores: Tensor,
  { weight, ignoreIndex }: CheckedLabelOptions,
): ReadLabels {
  checkTensor(op, 'labels', given);
  checkDtype(op, 'labels', given, 'int32');
  const hint = `It must have one entry for each row of scores of shape [${scores.shape.join(', ')}].`;
  checkShape(op, 'labels', given, scores.shape.slice(0, -1), hint);
  const classes = scores.shape.at(-1) ?? 0;
  checkRange(op, given, classes, ignoreIndex);
  const ignored = ignoreIndex === undefined ? undefined : equal(given, scalar(ignoreIndex, 'int32'));
  const labels = ignored === undefined ? given : clampToClasses(given, classes);
  const factors = weight === undefined ? ones(labels.shape) : gather(weight, labels);
  return { labels, factors: dropIgnored(factors, ignored), ignored };
}

/** Makes a class of what is ignored; all others are classes already. */
function clampToClasses(labels: Tensor, classes: number): Tensor {
  return minimum(maximum(labels, scalar(0, 'int32')), scalar(classes - 1, 'int32'));
}

function checkRange(op: string, labels: Tensor, classes: number, ignored: number | undefined): void {
  const bad = findBadIndex(labels, classes, { ignored });
  if (bad === undefined) return;
  const received = `${bad.index} in row ${bad.position}`;
  throw new ArgumentError({ op, argument: 'labels', expected: `from 0 to ${classes - 1}`, received }, 'DATA');
}

/** `scores[row, labels[row]]`: `[...batch, classes]` → `[...batch]`. */
export function pickByLabel(scores: Tensor, labels: Tensor): Tensor {
  const classes = scores.shape.at(-1) ?? 0;
  const starts = reshape(range(0, scores.size, classes, 'int32'), labels.shape);
  return gather(reshape(scores, [-1]), add(starts, labels));
}

/** Losses that are weighted already: an ignored one becomes 0, and a mean divides by the sum of what the examples count. */
export function reduceLabelled(losses: Tensor, { factors, ignored }: ReadLabels, reduction: Reduction): Tensor {
  const kept = dropIgnored(losses, ignored);
  if (reduction === 'none') return kept;
  return reduction === 'sum' ? sum(kept) : div(sum(kept), sum(factors));
}

function dropIgnored(values: Tensor, ignored: Tensor | undefined): Tensor {
  return ignored === undefined ? values : where(ignored, zerosLike(values), values);
}

// SPDX-License-Identifier: Apache-2.0
// How metrics read their tensors: classes, scores of classes, and pairs of numbers, on the host.

import {
  ArgumentError,
  type Tensor,
  argMax,
  checkDtype,
  checkFloat,
  checkRank,
  checkShape,
  checkTensor,
  scope,
} from '@nabla/core';

/** Host values of any dtype. */
export type Values = ArrayLike<number>;

/**
 * Reads classes that were predicted, and the right ones.
 *
 * @param predictions `[...batch]`, int32; or scores of classes `[...batch, classes]`, float32, of which the highest counts
 * @param targets     `[...batch]`, int32
 * @throws {ShapeError} the shapes do not match
 * @throws {DTypeError} other element types
 */
export function readClasses(op: string, predictions: Tensor, targets: Tensor): { predicted: Values; actual: Values } {
  checkTensor(op, 'predictions', predictions);
  checkDtype(op, 'predictions', predictions, 'float32', 'int32');
  if (predictions.dtype === 'float32') return readScores(op, predictions, targets).classes();
  checkTarget(op, targets, predictions.shape);
  return { predicted: predictions.dataSync<'int32'>(), actual: targets.dataSync<'int32'>() };
}

/** Scores of classes, row after row, and the right classes. */
export interface Scores {
  readonly scores: Values;
  readonly actual: Values;
  readonly width: number;
  classes(): { predicted: Values; actual: Values };
}

/**
 * @param predictions `[...batch, classes]`, float32
 * @param targets     `[...batch]`, int32, from 0 to classes - 1
 * @throws {ShapeError} the shapes do not match
 * @throws {DTypeError} other element types
 * @throws {ArgumentError} a target is out of range (code `DATA`)
 */
export function readScores(op: string, predictions: Tensor, targets: Tensor): Scores {
  checkFloat(op, { predictions });
  checkRank(op, 'predictions', predictions, 1, Infinity);
  const width = predictions.shape.at(-1) ?? 0;
  checkTarget(op, targets, predictions.shape.slice(0, -1));
  const actual = targets.dataSync<'int32'>();
  checkClasses(op, 'targets', actual, width);
  return {
    scores: predictions.dataSync<'float32'>(),
    actual,
    width,
    classes: () => ({ predicted: scope(() => argMax(predictions, -1).dataSync<'int32'>()), actual }),
  };
}

/**
 * @param predictions `[...batch]`, float32: scores of class 1
 * @param targets     `[...batch]`, int32, 0 or 1
 * @throws {ArgumentError} a target is neither (code `DATA`)
 */
export function readBinary(op: string, predictions: Tensor, targets: Tensor): { scores: Values; actual: Values } {
  checkFloat(op, { predictions });
  checkTarget(op, targets, predictions.shape);
  const actual = targets.dataSync<'int32'>();
  checkClasses(op, 'targets', actual, 2);
  return { scores: predictions.dataSync<'float32'>(), actual };
}

/** @throws {ArgumentError} a class is not from 0 to `classes - 1` (code `DATA`) */
export function checkClasses(op: string, argument: string, values: Values, classes: number): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? NaN;
    if (value >= 0 && value < classes) continue;
    const expected = `from 0 to ${classes - 1}`;
    throw new ArgumentError({ op, argument, expected, received: `${value} in row ${row}` }, 'DATA');
  }
}

function checkTarget(op: string, targets: Tensor, shape: readonly number[]): void {
  checkTensor(op, 'targets', targets);
  checkDtype(op, 'targets', targets, 'int32');
  checkShape(op, 'targets', targets, shape, 'It must have one class for each prediction.');
}

/** Calls `see` with every prediction and its target: float32 tensors of one shape. */
export function readPairs(
  op: string,
  predictions: Tensor,
  targets: Tensor,
  see: (prediction: number, target: number) => void,
): void {
  checkFloat(op, { predictions, targets });
  checkShape(op, 'targets', targets, predictions.shape, 'It must have the shape of predictions.');
  const [values, wanted] = [predictions.dataSync<'float32'>(), targets.dataSync<'float32'>()];
  values.forEach((value, i) => see(value, wanted[i] ?? NaN));
}

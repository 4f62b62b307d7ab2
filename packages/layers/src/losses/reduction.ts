// SPDX-License-Identifier: Apache-2.0
// What all losses share: how many losses become one, and how their arguments are checked.

import {
  ShapeError,
  type Tensor,
  type Variable,
  checkFloat,
  checkOneOf,
  checkOptions,
  checkShape,
  clone,
  formatShape,
  mean,
  sum,
} from '@nabla/core';

import { buffer } from '../parameter.ts';

/** How a loss over many elements becomes one number; `none` keeps them. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  /** Default `mean`. */
  reduction?: Reduction;
}

/**
 * @param names the options that the loss has besides
 * @throws {ArgumentError} an unknown option or reduction
 */
export function checkLossOptions(op: string, options: LossOptions, names: readonly string[] = []): Reduction {
  checkOptions(op, options, ['reduction', ...names]);
  const { reduction = 'mean' } = options;
  checkOneOf(op, 'reduction', reduction, ['mean', 'sum', 'none']);
  return reduction;
}

/**
 * @param first  the argument whose shape the others must have, by name
 * @param others by name
 * @throws {ShapeError} the shapes differ
 * @throws {DTypeError} one is not float32
 */
export function checkAlike(
  op: string,
  first: Readonly<Record<string, Tensor>>,
  others: Readonly<Record<string, Tensor>>,
): void {
  checkFloat(op, first);
  checkFloat(op, others);
  for (const [name, { shape }] of Object.entries(first)) {
    for (const [argument, tensor] of Object.entries(others)) {
      checkShape(op, argument, tensor, shape, () => `It must have the shape of ${name}.`);
    }
  }
}

/**
 * @throws {ShapeError} `tensor` does not broadcast to `shape`
 * @throws {DTypeError} it is not float32
 */
export function checkFactor(op: string, argument: string, tensor: Tensor, shape: readonly number[]): void {
  checkFloat(op, { [argument]: tensor });
  const missing = shape.length - tensor.shape.length;
  if (missing >= 0 && tensor.shape.every((length, axis) => length === 1 || length === shape[axis + missing])) return;
  const expected = `that broadcasts to ${formatShape(shape)}`;
  throw new ShapeError({ op, argument, expected, received: tensor.shape }, 'BROADCAST');
}

export function reduceLoss(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'mean' ? mean(losses) : sum(losses);
}

/**
 * A weight that a loss keeps, saved with it as in PyTorch; the caller's tensor stays the caller's.
 *
 * @throws {ArgumentError} no tensor
 * @throws {DTypeError} not float32
 */
export function keepWeight(op: string, argument: string, weight: Tensor | undefined): Variable | undefined {
  if (weight === undefined) return undefined;
  checkFloat(op, { [argument]: weight });
  return buffer(clone(weight));
}

// SPDX-License-Identifier: Apache-2.0
// Targets that are 1 or -1, as the losses of pairs take them.

import { type Tensor, add, cast, checkDtype, checkShape, checkTensor, equal, where } from '@nabla/core';

/**
 * @param shape what the target must have
 * @throws {ShapeError} it has another shape
 * @throws {DTypeError} it is neither float32 nor int32
 */
export function checkSigns(op: string, target: Tensor, shape: readonly number[]): Tensor {
  checkTensor(op, 'target', target);
  checkDtype(op, 'target', target, 'float32', 'int32');
  checkShape(op, 'target', target, shape, 'It must have one entry, 1 or -1, for each pair or element.');
  return cast(target, 'float32');
}

/** `positive` where the target is 1, `negative` where it is -1. As in PyTorch, their sum where it is neither. */
export function bySign(target: Tensor, positive: Tensor, negative: Tensor): Tensor {
  return where(equal(target, 1), positive, where(equal(target, -1), negative, add(positive, negative)));
}

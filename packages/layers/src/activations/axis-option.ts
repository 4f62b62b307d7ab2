// SPDX-License-Identifier: Apache-2.0
// What the activations that look along one axis share: the axis as an option.

import { type Tensor, checkInteger, checkOptions } from '@nabla/core';

export interface AxisOptions {
  /** Negative ones count from the end; default -1, the last. */
  axis?: number;
}

/** @throws {ArgumentError} an unknown option, or an axis that is no integer */
export function checkAxisOption(op: string, options: AxisOptions): number {
  checkOptions(op, options, ['axis']);
  const { axis = -1 } = options;
  checkInteger(op, 'axis', axis);
  return axis;
}

/**
 * `axis` counted from the front.
 *
 * @throws {ArgumentError} `x` has no such axis
 */
export function axisOf(op: string, x: Tensor, axis: number): number {
  const last = x.shape.length - 1;
  checkInteger(op, 'axis', axis, { minimum: -1 - last, maximum: last });
  return axis < 0 ? axis + last + 1 : axis;
}

// SPDX-License-Identifier: Apache-2.0
// What the activations that look along one axis share: the axis as an option.

import { checkInteger, checkOptions } from '@nabla/core';

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

// SPDX-License-Identifier: Apache-2.0
// Tells tensors from other values that modules take and give.

import { Tensor } from '@nabla/core';

/** Unlike a bare `instanceof`, narrows to a tensor of unknown rank. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

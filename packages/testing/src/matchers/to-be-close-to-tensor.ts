// SPDX-License-Identifier: Apache-2.0
// The matcher that compares a tensor with expected values: shape, element type, and every number within a tolerance.

import { Tensor } from '@nabla/core';
import { compareTensors } from '../compare-tensors.ts';
import type { Expected } from '../tensor-values.ts';
import { type Tolerance, tolerance } from '../tolerances.ts';

/** See `toBeCloseToTensor` in {@link ../matchers.ts}. */
export function toBeCloseToTensor(
  received: unknown,
  expected: Expected,
  limit: Tolerance = tolerance('elementwise'),
): jest.CustomMatcherResult {
  if (!isTensor(received)) {
    return { pass: false, message: () => `toBeCloseToTensor: expected a tensor, received ${typeof received}` };
  }
  const { agree, message } = compareTensors(received, expected, limit);
  return { pass: agree, message: () => `toBeCloseToTensor: ${message}` };
}

function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

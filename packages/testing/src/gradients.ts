// SPDX-License-Identifier: Apache-2.0
// Gradients of sum(output * weights): what finite differences and golden values are both compared with.

import { type Tensor, type Variable, mul, sum, valueAndGrad } from '@nabla/core';

/** The gradient of `sum(f() * weights)` for each variable, in their order. The caller disposes of them, or owns the scope. */
export function weightedGradients(f: () => Tensor, weights: Tensor, variables: readonly Variable[]): Tensor[] {
  return valueAndGrad(() => sum(mul(f(), weights)), variables).gradients;
}

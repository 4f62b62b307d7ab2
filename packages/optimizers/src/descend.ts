// SPDX-License-Identifier: Apache-2.0
// The last line of optimizers whose directions are made op by op.

import { type Tensor, sgdStep } from '@nabla/core';

/** `θ ← θ - γ (d + λ θ)` on all parameters at once. */
export function descend(
  parameters: readonly Tensor[],
  directions: readonly Tensor[],
  { learningRate = 1, weightDecay = 0 }: { learningRate?: number; weightDecay?: number } = {},
): void {
  const plain = { momentum: 0, dampening: 0, nesterov: false, first: false };
  sgdStep(parameters, directions, undefined, { ...plain, learningRate, weightDecay });
}

// SPDX-License-Identifier: Apache-2.0
// A linear map and the activation that a configuration names after it.

import { type Tensor, linear } from '@nabla/core';
import type { Linear } from '@nabla/layers';

import { type ActivationName, activate, fusedActivation } from './activations.ts';

/**
 * `activation(x · weightᵀ + bias)`, in one pass where the linear map can apply the activation and nobody looks at it in between.
 *
 * @param x  `[...batch, inputs]`
 * @returns  `[...batch, outputs]`
 */
export function activatedLinear(x: Tensor, map: Linear, name: ActivationName): Tensor {
  const activation = map.hasForwardHooks ? undefined : fusedActivation(name);
  return activation === undefined ? activate(name, map.forward(x)) : linear(x, map.weight, map.bias, { activation });
}

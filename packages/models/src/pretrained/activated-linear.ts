// SPDX-License-Identifier: Apache-2.0
// A linear map and the activation that a configuration names after it.

import { type Tensor, linear } from '@nabla/core';
import type { Module, Parameter } from '@nabla/layers';

import { type ActivationName, activate, fusedActivation } from './activations.ts';

/** A layer that is a linear map. */
interface LinearMap extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  /** Whether weight is `[inputs, outputs]`. */
  readonly inputsFirst?: boolean;
  forward(x: Tensor): Tensor;
}

/**
 * `activation(x · weightᵀ + bias)`, in one pass where the linear map can apply the activation and nobody looks at it in between.
 *
 * @param x  `[...batch, inputs]`
 * @returns  `[...batch, outputs]`
 */
export function activatedLinear(x: Tensor, map: LinearMap, name: ActivationName): Tensor {
  const activation = map.hasForwardHooks ? undefined : fusedActivation(name);
  if (activation === undefined) return activate(name, map.forward(x));
  return linear(x, map.weight, map.bias, { activation, inputsFirst: map.inputsFirst ?? false });
}

// SPDX-License-Identifier: Apache-2.0
// Adam's directions, as long for each parameter as the parameter is: for large batches.

import {
  type Tensor,
  type Variable,
  checkOptions,
  div,
  globalNorm,
  greater,
  logicalAnd,
  mul,
  optimizerRuleStep,
  scope,
  where,
  zerosLike,
} from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import { descend } from './descend.ts';
import { Optimizer, type UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';

export interface LAMBOptions {
  /** γ; default 1e-3. */
  learningRate?: number;
  /** `[β₁, β₂]`: how slowly the averages of gradient and squared gradient forget; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** ε; default 1e-6. */
  epsilon?: number;
  /** λ; default 0.01. */
  weightDecay?: number;
}

/**
 * Adam's directions, as long for each parameter as the parameter itself: for batches so large that one learning rate suits not
 * all layers. At step t with gradient g, parameter θ, moments m and v:
 *
 *     m ← β₁ m + (1 - β₁) g          v ← β₂ v + (1 - β₂) g²
 *     d = (m / (1 - β₁ᵗ)) / (sqrt(v / (1 - β₂ᵗ)) + ε) + λ θ          θ ← θ - γ (|θ| / |d|) d
 *
 * with norms over the whole parameter, and 1 in the place of |θ| / |d| where one of the two is 0.
 *
 * @see You et al. 2019, https://arxiv.org/abs/1904.00962. Its φ is the identity here: |θ| has no limits.
 * @example
 * const w = parameter(tensor1d([1]));
 * new LAMB([w], { learningRate: 0.1 }).step(() => sum(square(w)));
 * w; // [0.9]
 */
export class LAMB extends Optimizer {
  private readonly betas: readonly [number, number];
  private readonly epsilon: number;
  private readonly weightDecay: number;

  constructor(parameters: Parameters, options: LAMBOptions = {}) {
    checkOptions('LAMB', options, ['learningRate', 'betas', 'epsilon', 'weightDecay']);
    const { learningRate = 1e-3, betas = [0.9, 0.999], epsilon = 1e-6, weightDecay = 0.01 } = options;
    checkCommonSettings('LAMB', { betas, epsilon, weightDecay });
    super(parameters, learningRate, ['firstMoment', 'secondMoment']);
    this.betas = betas;
    this.epsilon = epsilon;
    this.weightDecay = weightDecay;
  }

  protected override update(
    parameters: Variable[],
    gradients: Tensor[],
    slots: Record<string, Tensor[]>,
    { step, learningRate, weightDecay = this.weightDecay }: UpdateSettings,
  ): void {
    const {
      epsilon,
      betas: [beta1, beta2],
    } = this;
    const rates = {
      weightDecay,
      beta1,
      beta2,
      epsilon,
      stepSize: 1 / (1 - beta1 ** step),
      scale: 1 / Math.sqrt(1 - beta2 ** step),
    };
    scope(() => {
      const directions = parameters.map((parameter) => zerosLike(parameter));
      optimizerRuleStep('lamb', parameters, gradients, [...Object.values(slots), directions], rates);
      const scaled = directions.map((direction, i) => mul(direction, trustRatio(parameters[i] as Tensor, direction)));
      descend(parameters, scaled, { learningRate });
    });
  }
}

/** |θ| / |d|, or 1 where one of them is 0. → `[]` */
function trustRatio(parameter: Tensor, direction: Tensor): Tensor {
  const [length, step] = [globalNorm([parameter]), globalNorm([direction])];
  return where(logicalAnd(greater(length, 0), greater(step, 0)), div(length, step), 1);
}

// SPDX-License-Identifier: Apache-2.0
// Adam with decoupled weight decay.

import { type Tensor, type Variable, adamWStep, checkBoolean, checkOptions, optimizerRuleStep } from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import { Optimizer, type UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';

export interface AdamWOptions {
  /** γ; default 1e-3. */
  learningRate?: number;
  /** `[β₁, β₂]`: how slowly the averages of gradient and squared gradient forget; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** ε, added to the denominator; default 1e-8. */
  epsilon?: number;
  /** λ; default 0.01. */
  weightDecay?: number;
  /** Whether the largest second moment so far is divided by, which never lets a step grow again; default false. */
  amsgrad?: boolean;
}

/**
 * Adam with decoupled weight decay, as PyTorch computes it: at step t with gradient g, parameter θ, moments m and v,
 *
 *     θ ← θ - γ λ θ          m ← β₁ m + (1 - β₁) g          v ← β₂ v + (1 - β₂) g²
 *     θ ← θ - γ (m / (1 - β₁ᵗ)) / (sqrt(v / (1 - β₂ᵗ)) + ε)          (amsgrad: the largest v so far)
 *
 * @see Loshchilov & Hutter 2017, https://arxiv.org/abs/1711.05101. Departs from it as PyTorch does: γ multiplies the decay.
 * Reddi et al. 2018 (amsgrad), https://openreview.net/forum?id=ryQu7f-RZ
 * @example
 * const w = parameter(tensor1d([1]));
 * new AdamW([w], { learningRate: 0.1, weightDecay: 0 }).step(() => sum(square(w)));
 * w; // [0.9]
 */
export class AdamW extends Optimizer {
  private readonly betas: readonly [number, number];
  private readonly epsilon: number;
  private readonly weightDecay: number;
  private readonly amsgrad: boolean;

  constructor(parameters: Parameters, options: AdamWOptions = {}) {
    checkOptions('AdamW', options, ['learningRate', 'betas', 'epsilon', 'weightDecay', 'amsgrad']);
    const { learningRate = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0.01, amsgrad = false } = options;
    checkCommonSettings('AdamW', { betas, epsilon, weightDecay });
    checkBoolean('AdamW', 'amsgrad', amsgrad);
    super(parameters, learningRate, ['firstMoment', 'secondMoment', ...(amsgrad ? ['largestSecondMoment'] : [])]);
    this.betas = betas;
    this.epsilon = epsilon;
    this.weightDecay = weightDecay;
    this.amsgrad = amsgrad;
  }

  protected override update(
    parameters: Variable[],
    gradients: Tensor[],
    { firstMoment = [], secondMoment = [], largestSecondMoment = [] }: Record<string, Tensor[]>,
    { step, learningRate, weightDecay = this.weightDecay }: UpdateSettings,
  ): void {
    const {
      epsilon,
      betas: [beta1, beta2],
    } = this;
    if (!this.amsgrad) {
      const settings = { step, learningRate, beta1, beta2, epsilon, weightDecay };
      adamWStep(parameters, gradients, firstMoment, secondMoment, settings);
      return;
    }
    const rates = {
      weightDecay: learningRate * weightDecay,
      beta1,
      beta2,
      epsilon,
      stepSize: learningRate / (1 - beta1 ** step),
      scale: 1 / Math.sqrt(1 - beta2 ** step),
    };
    const slots = [firstMoment, secondMoment, largestSecondMoment];
    optimizerRuleStep('decoupledAmsgrad', parameters, gradients, slots, rates);
  }
}

// SPDX-License-Identifier: Apache-2.0
// Adam that waits with adapting until it knows enough.

import { type OptimizerRates, checkOptions } from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import type { UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';

export interface RAdamOptions {
  /** γ; default 1e-3. */
  learningRate?: number;
  /** `[β₁, β₂]`: how slowly the averages of gradient and squared gradient forget; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** ε; default 1e-8. */
  epsilon?: number;
  /** λ, added to the gradient as λ θ; default 0. */
  weightDecay?: number;
}

/**
 * Adam that waits with adapting until it knows enough. As PyTorch computes it, at step t with gradient g, parameter θ, moments m
 * and v:
 *
 *     g ← g + λ θ          m ← β₁ m + (1 - β₁) g          v ← β₂ v + (1 - β₂) g²
 *     ρ∞ = 2 / (1 - β₂) - 1          ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)
 *     r = sqrt((ρ - 4) (ρ - 2) ρ∞ / ((ρ∞ - 4) (ρ∞ - 2) ρ))
 *     θ ← θ - γ m / (1 - β₁ᵗ) · r sqrt(1 - β₂ᵗ) / (sqrt(v) + ε)   where ρ > 5, else   θ ← θ - γ m / (1 - β₁ᵗ)
 *
 * @see Liu et al. 2019, https://arxiv.org/abs/1908.03265
 * @example
 * const w = parameter(tensor1d([1]));
 * new RAdam([w], { learningRate: 0.1 }).step(() => sum(square(w)));
 * w; // [0.8]
 */
export class RAdam extends RuleOptimizer {
  private readonly betas: readonly [number, number];
  private readonly epsilon: number;

  constructor(parameters: Parameters, options: RAdamOptions = {}) {
    checkOptions('RAdam', options, ['learningRate', 'betas', 'epsilon', 'weightDecay']);
    const { learningRate = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 } = options;
    checkCommonSettings('RAdam', { betas, epsilon, weightDecay });
    super('radam', parameters, { learningRate, weightDecay }, ['firstMoment', 'secondMoment']);
    this.betas = betas;
    this.epsilon = epsilon;
  }

  protected override rates({ step, learningRate }: UpdateSettings): Partial<OptimizerRates> {
    const [beta1, beta2] = this.betas;
    const unbias = 1 - beta2 ** step;
    const most = 2 / (1 - beta2) - 1;
    const known = most - (2 * step * beta2 ** step) / unbias;
    const rectified = ((known - 4) * (known - 2) * most) / ((most - 4) * (most - 2) * known);
    return {
      beta1,
      beta2,
      epsilon: this.epsilon,
      stepSize: learningRate / (1 - beta1 ** step),
      scale: known > 5 ? Math.sqrt(rectified * unbias) : 0,
    };
  }
}

// SPDX-License-Identifier: Apache-2.0
// Adam with Nesterov's look ahead.

import { type OptimizerRates, checkNumber, checkOptions } from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import type { UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';

export interface NAdamOptions {
  /** γ; default 2e-3. */
  learningRate?: number;
  /** `[β₁, β₂]`: how slowly the averages of gradient and squared gradient forget; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** ε; default 1e-8. */
  epsilon?: number;
  /** λ, added to the gradient as λ θ; default 0. */
  weightDecay?: number;
  /** ψ; default 4e-3. */
  momentumDecay?: number;
}

/**
 * Adam with Nesterov's look ahead. As PyTorch computes it, at step t with gradient g, parameter θ, moments m and v:
 *
 *     g ← g + λ θ          m ← β₁ m + (1 - β₁) g          v ← β₂ v + (1 - β₂) g²
 *     μₜ = β₁ (1 - 0.96^(ψ t) / 2)          d = μₜ₊₁ m / (1 - Π μ₁…ₜ₊₁) + (1 - μₜ) g / (1 - Π μ₁…ₜ)
 *     θ ← θ - γ d / (sqrt(v / (1 - β₂ᵗ)) + ε)
 *
 * @see Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ
 * @example
 * const w = parameter(tensor1d([1]));
 * new NAdam([w], { learningRate: 0.1 }).step(() => sum(square(w)));
 * w; // [0.894354]
 */
export class NAdam extends RuleOptimizer {
  private readonly betas: readonly [number, number];
  private readonly epsilon: number;
  private readonly momentumDecay: number;
  // Of the momenta up to a step, always multiplied in their order: a resumed run, which starts again, has the same bits.
  private product = { step: 0, value: 1 };

  constructor(parameters: Parameters, options: NAdamOptions = {}) {
    checkOptions('NAdam', options, ['learningRate', 'betas', 'epsilon', 'weightDecay', 'momentumDecay']);
    const {
      learningRate = 2e-3,
      betas = [0.9, 0.999],
      epsilon = 1e-8,
      weightDecay = 0,
      momentumDecay = 4e-3,
    } = options;
    checkCommonSettings('NAdam', { betas, epsilon, weightDecay });
    checkNumber('NAdam', 'momentumDecay', momentumDecay, { minimum: 0 });
    super('nadam', parameters, { learningRate, weightDecay }, ['firstMoment', 'secondMoment']);
    this.betas = betas;
    this.epsilon = epsilon;
    this.momentumDecay = momentumDecay;
  }

  protected override rates({ step, learningRate }: UpdateSettings): Partial<OptimizerRates> {
    const [beta1, beta2] = this.betas;
    const momentumAt = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * this.momentumDecay));
    if (this.product.step > step) this.product = { step: 0, value: 1 }; // an earlier state was loaded
    while (this.product.step < step) {
      const t = this.product.step + 1;
      this.product = { step: t, value: this.product.value * momentumAt(t) };
    }
    const product = this.product.value;
    const [now, next] = [momentumAt(step), momentumAt(step + 1)];
    return {
      beta1,
      beta2,
      epsilon: this.epsilon,
      gradientSize: (learningRate * (1 - now)) / (1 - product),
      stepSize: (learningRate * next) / (1 - product * next),
      scale: 1 / Math.sqrt(1 - beta2 ** step),
    };
  }
}

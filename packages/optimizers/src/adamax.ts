// SPDX-License-Identifier: Apache-2.0
// Adam with the largest gradient in the place of the root of the mean square.

import { type OptimizerRates, checkOptions } from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import type { UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';

export interface AdamaxOptions {
  /** γ; default 2e-3. */
  learningRate?: number;
  /** `[β₁, β₂]`: how slowly the averages of gradient and squared gradient forget; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** ε; default 1e-8. */
  epsilon?: number;
  /** λ, added to the gradient as λ θ; default 0. */
  weightDecay?: number;
}

/**
 * Adam with the largest gradient in the place of the root of the mean square. As PyTorch computes it, at step t with gradient g,
 * parameter θ, mean m and largest u:
 *
 *     g ← g + λ θ          m ← β₁ m + (1 - β₁) g          u ← max(β₂ u, |g| + ε)
 *     θ ← θ - γ / (1 - β₁ᵗ) · m / u
 *
 * @see Kingma & Ba 2014, section 7.1, https://arxiv.org/abs/1412.6980
 * @example
 * const w = parameter(tensor1d([1]));
 * new Adamax([w], { learningRate: 0.1 }).step(() => sum(square(w)));
 * w; // [0.9]
 */
export class Adamax extends RuleOptimizer {
  private readonly betas: readonly [number, number];
  private readonly epsilon: number;

  constructor(parameters: Parameters, options: AdamaxOptions = {}) {
    checkOptions('Adamax', options, ['learningRate', 'betas', 'epsilon', 'weightDecay']);
    const { learningRate = 2e-3, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 } = options;
    checkCommonSettings('Adamax', { betas, epsilon, weightDecay });
    super('adamax', parameters, { learningRate, weightDecay }, ['firstMoment', 'largest']);
    this.betas = betas;
    this.epsilon = epsilon;
  }

  protected override rates({ step, learningRate }: UpdateSettings): Partial<OptimizerRates> {
    const [beta1, beta2] = this.betas;
    return { beta1, beta2, epsilon: this.epsilon, stepSize: learningRate / (1 - beta1 ** step) };
  }
}

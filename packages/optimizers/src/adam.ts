// SPDX-License-Identifier: Apache-2.0
// Adam: steps of a size that adapts to each element's gradients.

import { type OptimizerRates, checkBoolean, checkOptions } from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import type { UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';

export interface AdamOptions {
  /** γ; default 1e-3. */
  learningRate?: number;
  /** `[β₁, β₂]`: how slowly the averages of gradient and squared gradient forget; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** ε; default 1e-8. */
  epsilon?: number;
  /** λ, added to the gradient as λ θ; default 0. */
  weightDecay?: number;
  /** Whether the largest second moment so far is divided by, which never lets a step grow again; default false. */
  amsgrad?: boolean;
}

/**
 * Adam: steps of a size that adapts to each element's gradients. As PyTorch computes it, at step t with gradient g, parameter θ,
 * moments m and v:
 *
 *     g ← g + λ θ          m ← β₁ m + (1 - β₁) g          v ← β₂ v + (1 - β₂) g²
 *     θ ← θ - γ (m / (1 - β₁ᵗ)) / (sqrt(v / (1 - β₂ᵗ)) + ε)          (amsgrad: the largest v so far)
 *
 * @see Kingma & Ba 2014, https://arxiv.org/abs/1412.6980; Reddi et al. 2018 (amsgrad), https://openreview.net/forum?id=ryQu7f-RZ
 * @example
 * const w = parameter(tensor1d([1]));
 * new Adam([w], { learningRate: 0.1 }).step(() => sum(square(w)));
 * w; // [0.9]
 */
export class Adam extends RuleOptimizer {
  private readonly betas: readonly [number, number];
  private readonly epsilon: number;

  constructor(parameters: Parameters, options: AdamOptions = {}) {
    checkOptions('Adam', options, ['learningRate', 'betas', 'epsilon', 'weightDecay', 'amsgrad']);
    const { learningRate = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0, amsgrad = false } = options;
    checkCommonSettings('Adam', { betas, epsilon, weightDecay });
    checkBoolean('Adam', 'amsgrad', amsgrad);
    const slots = ['firstMoment', 'secondMoment', ...(amsgrad ? ['largestSecondMoment'] : [])];
    super(amsgrad ? 'amsgrad' : 'adam', parameters, { learningRate, weightDecay }, slots);
    this.betas = betas;
    this.epsilon = epsilon;
  }

  protected override rates({ step, learningRate }: UpdateSettings): Partial<OptimizerRates> {
    const [beta1, beta2] = this.betas;
    return {
      beta1,
      beta2,
      epsilon: this.epsilon,
      stepSize: learningRate / (1 - beta1 ** step),
      scale: 1 / Math.sqrt(1 - beta2 ** step),
    };
  }
}

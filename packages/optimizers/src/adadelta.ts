// SPDX-License-Identifier: Apache-2.0
// Steps as long as recent steps, relative to recent gradients.

import { type OptimizerRates, checkOptions } from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import type { UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';

export interface AdadeltaOptions {
  /** γ; default 1. */
  learningRate?: number;
  /** ρ: how slowly the averages forget; default 0.9. */
  smoothing?: number;
  /** ε; default 1e-6. */
  epsilon?: number;
  /** λ, added to the gradient as λ θ; default 0. */
  weightDecay?: number;
}

/**
 * Steps as long as recent steps, relative to recent gradients. As PyTorch computes it, with gradient g, parameter θ, mean squares
 * v of gradients and u of steps:
 *
 *     g ← g + λ θ          v ← ρ v + (1 - ρ) g²          d = sqrt(u + ε) / sqrt(v + ε) · g
 *     u ← ρ u + (1 - ρ) d²          θ ← θ - γ d
 *
 * @see Zeiler 2012, https://arxiv.org/abs/1212.5701
 * @example
 * const w = parameter(tensor1d([1]));
 * new Adadelta([w], { epsilon: 1 }).step(() => sum(square(w)));
 * w; // [-0.690309]
 */
export class Adadelta extends RuleOptimizer {
  private readonly smoothing: number;
  private readonly epsilon: number;

  constructor(parameters: Parameters, options: AdadeltaOptions = {}) {
    checkOptions('Adadelta', options, ['learningRate', 'smoothing', 'epsilon', 'weightDecay']);
    const { learningRate = 1, smoothing = 0.9, epsilon = 1e-6, weightDecay = 0 } = options;
    checkCommonSettings('Adadelta', { smoothing, epsilon, weightDecay });
    super('adadelta', parameters, { learningRate, weightDecay }, ['meanSquare', 'meanSquareStep']);
    this.smoothing = smoothing;
    this.epsilon = epsilon;
  }

  protected override rates({ learningRate }: UpdateSettings): Partial<OptimizerRates> {
    return { beta2: this.smoothing, epsilon: this.epsilon, stepSize: learningRate };
  }
}

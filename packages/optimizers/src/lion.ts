// SPDX-License-Identifier: Apache-2.0
// Steps of one size in the direction of a momentum's sign.

import { type OptimizerRates, checkOptions } from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import type { UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';

export interface LionOptions {
  /** γ; default 1e-4. */
  learningRate?: number;
  /** `[β₁, β₂]`: how much of the momentum is in a step, and how slowly the momentum forgets; default [0.9, 0.99]. */
  betas?: readonly [number, number];
  /** λ; default 0. */
  weightDecay?: number;
}

/**
 * Steps of one size in the direction of a momentum's sign; one state instead of Adam's two. With gradient g, parameter θ and
 * momentum m:
 *
 *     θ ← θ - γ λ θ - γ sign(β₁ m + (1 - β₁) g)          m ← β₂ m + (1 - β₂) g
 *
 * @see Chen et al. 2023, https://arxiv.org/abs/2302.06675. It wants a learning rate 3 to 10 times smaller than AdamW's, and a
 * weight decay larger by as much.
 * @example
 * const w = parameter(tensor1d([1]));
 * new Lion([w], { learningRate: 0.1 }).step(() => sum(square(w)));
 * w; // [0.9]
 */
export class Lion extends RuleOptimizer {
  private readonly betas: readonly [number, number];

  constructor(parameters: Parameters, options: LionOptions = {}) {
    checkOptions('Lion', options, ['learningRate', 'betas', 'weightDecay']);
    const { learningRate = 1e-4, betas = [0.9, 0.99], weightDecay = 0 } = options;
    checkCommonSettings('Lion', { betas, weightDecay });
    super('lion', parameters, { learningRate, weightDecay }, ['momentum']);
    this.betas = betas;
  }

  protected override rates({ learningRate }: UpdateSettings): Partial<OptimizerRates> {
    const [beta1, beta2] = this.betas;
    return { beta1, beta2, stepSize: learningRate };
  }
}

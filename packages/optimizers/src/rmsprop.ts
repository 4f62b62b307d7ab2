// SPDX-License-Identifier: Apache-2.0
// Gradients divided by the root of their recent mean square.

import { type OptimizerRates, checkBoolean, checkNumber, checkOptions } from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import type { UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';

export interface RMSpropOptions {
  /** γ; default 0.01. */
  learningRate?: number;
  /** α: how slowly the average of squared gradients forgets; default 0.99. */
  smoothing?: number;
  /** ε; default 1e-8. */
  epsilon?: number;
  /** λ, added to the gradient as λ θ; default 0. */
  weightDecay?: number;
  /** μ; default 0. */
  momentum?: number;
  /** Whether to divide by the deviation, mean subtracted, instead of the mean square; default false. */
  centered?: boolean;
}

/**
 * Gradients divided by the root of their recent mean square. As PyTorch computes it, with gradient g, parameter θ, mean square v
 * and buffer b:
 *
 *     g ← g + λ θ          v ← α v + (1 - α) g²          (centered: c ← α c + (1 - α) g, and v - c² in the place of v below)
 *     b ← μ b + g / (sqrt(v) + ε)          θ ← θ - γ b
 *
 * @see Hinton 2012, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
 * @example
 * const w = parameter(tensor1d([1]));
 * new RMSprop([w], { learningRate: 0.1 }).step(() => sum(square(w)));
 * w; // [0]
 */
export class RMSprop extends RuleOptimizer {
  private readonly smoothing: number;
  private readonly epsilon: number;
  private readonly momentum: number;

  constructor(parameters: Parameters, options: RMSpropOptions = {}) {
    const names = ['learningRate', 'smoothing', 'epsilon', 'weightDecay', 'momentum', 'centered'];
    checkOptions('RMSprop', options, names);
    const { learningRate = 0.01, smoothing = 0.99, epsilon = 1e-8, weightDecay = 0 } = options;
    const { momentum = 0, centered = false } = options;
    checkCommonSettings('RMSprop', { smoothing, epsilon, weightDecay });
    checkNumber('RMSprop', 'momentum', momentum, { minimum: 0 });
    checkBoolean('RMSprop', 'centered', centered);
    const slots = ['velocity', 'meanSquare', ...(centered ? ['mean'] : [])];
    super(centered ? 'centeredRmsprop' : 'rmsprop', parameters, { learningRate, weightDecay }, slots);
    this.smoothing = smoothing;
    this.epsilon = epsilon;
    this.momentum = momentum;
  }

  protected override rates({ learningRate }: UpdateSettings): Partial<OptimizerRates> {
    const { smoothing, epsilon, momentum } = this;
    return { beta2: smoothing, momentum, epsilon, stepSize: learningRate };
  }
}

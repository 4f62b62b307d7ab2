// SPDX-License-Identifier: Apache-2.0
// Gradients divided by the root of the sum of all their squares.

import { type OptimizerRates, type Variable, checkNumber, checkOptions, fill } from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import type { Slots, UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';

export interface AdagradOptions {
  /** γ; default 0.01. */
  learningRate?: number;
  /** η: how fast the learning rate falls; default 0. */
  learningRateDecay?: number;
  /** Where s starts; default 0. */
  initialAccumulatorValue?: number;
  /** ε; default 1e-10. */
  epsilon?: number;
  /** λ, added to the gradient as λ θ; default 0. */
  weightDecay?: number;
}

/**
 * Gradients divided by the root of the sum of all their squares. As PyTorch computes it, at step t with gradient g, parameter θ
 * and sum s:
 *
 *     g ← g + λ θ          s ← s + g²          θ ← θ - γ / (1 + (t - 1) η) · g / (sqrt(s) + ε)
 *
 * @see Duchi, Hazan & Singer 2011, https://jmlr.org/papers/v12/duchi11a.html
 * @example
 * const w = parameter(tensor1d([1]));
 * new Adagrad([w], { learningRate: 0.1 }).step(() => sum(square(w)));
 * w; // [0.9]
 */
export class Adagrad extends RuleOptimizer {
  private readonly learningRateDecay: number;
  private readonly epsilon: number;

  constructor(parameters: Parameters, options: AdagradOptions = {}) {
    const names = ['learningRate', 'learningRateDecay', 'initialAccumulatorValue', 'epsilon', 'weightDecay'];
    checkOptions('Adagrad', options, names);
    const { learningRate = 0.01, learningRateDecay = 0, initialAccumulatorValue = 0 } = options;
    const { epsilon = 1e-10, weightDecay = 0 } = options;
    checkNumber('Adagrad', 'learningRateDecay', learningRateDecay, { minimum: 0 });
    checkNumber('Adagrad', 'initialAccumulatorValue', initialAccumulatorValue, { minimum: 0 });
    checkCommonSettings('Adagrad', { epsilon, weightDecay });
    const slots = ({ shape }: Variable): Slots => ({ sumOfSquares: fill(shape, initialAccumulatorValue) });
    super('adagrad', parameters, { learningRate, weightDecay }, slots);
    this.learningRateDecay = learningRateDecay;
    this.epsilon = epsilon;
  }

  protected override rates({ step, learningRate }: UpdateSettings): Partial<OptimizerRates> {
    const stepSize = learningRate / (1 + (step - 1) * this.learningRateDecay);
    return { epsilon: this.epsilon, stepSize };
  }
}

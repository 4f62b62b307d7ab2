// SPDX-License-Identifier: Apache-2.0
// Stochastic gradient descent.

import {
  ArgumentError,
  type Tensor,
  type Variable,
  checkBoolean,
  checkNumber,
  checkOptions,
  sgdStep,
} from '@nabla/core';

import { Optimizer, type UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';

export interface SGDOptions {
  learningRate: number;
  /** μ; default 0. */
  momentum?: number;
  /** τ; default 0. */
  dampening?: number;
  /** λ; default 0. */
  weightDecay?: number;
  /** Look ahead along the velocity; needs momentum and no dampening; default false. */
  nesterov?: boolean;
}

/**
 * Stochastic gradient descent with momentum, as PyTorch computes it: with gradient g, parameter θ, velocity v,
 *
 *     g ← g + λ θ          v ← μ v + (1 - τ) g   (first step: v ← g)
 *     g ← g + μ v (Nesterov), v (momentum), or g          θ ← θ - γ g
 *
 * @see Sutskever, Martens, Dahl & Hinton 2013, https://proceedings.mlr.press/v28/sutskever13.html. The learning rate γ multiplies
 * the velocity in the last line, not the gradient in it.
 * @example
 * const w = parameter(tensor1d([1]));
 * const optimizer = new SGD([w], { learningRate: 0.1, momentum: 0.9 });
 * optimizer.step(() => sum(square(w)));
 * w; // [0.8]
 */
export class SGD extends Optimizer {
  private readonly momentum: number;
  private readonly dampening: number;
  private readonly weightDecay: number;
  private readonly nesterov: boolean;

  constructor(parameters: Parameters, options: SGDOptions) {
    checkOptions('SGD', options, ['momentum', 'dampening', 'weightDecay', 'nesterov'], ['learningRate']);
    const { learningRate, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options;
    checkNumber('SGD', 'momentum', momentum, { minimum: 0 });
    checkNumber('SGD', 'dampening', dampening);
    checkNumber('SGD', 'weightDecay', weightDecay, { minimum: 0 });
    checkBoolean('SGD', 'nesterov', nesterov);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      const received = `momentum ${momentum} and dampening ${dampening}`;
      throw new ArgumentError({ op: 'SGD', argument: 'nesterov', expected: 'momentum > 0 and dampening 0', received });
    }
    super(parameters, learningRate, momentum === 0 ? [] : ['velocity']);
    this.momentum = momentum;
    this.dampening = dampening;
    this.weightDecay = weightDecay;
    this.nesterov = nesterov;
  }

  protected override update(
    parameters: Variable[],
    gradients: Tensor[],
    { velocity }: Record<string, Tensor[]>,
    { step, learningRate, weightDecay = this.weightDecay }: UpdateSettings,
  ): void {
    const { momentum, dampening, nesterov } = this;
    const settings = { learningRate, momentum, dampening, nesterov, weightDecay, first: step === 1 };
    sgdStep(parameters, gradients, velocity, settings);
  }
}

// SPDX-License-Identifier: Apache-2.0
// Momentum made orthogonal for matrices; AdamW for all other parameters.

import {
  ArgumentError,
  type Tensor,
  type Tensor2D,
  type Variable,
  adamWStep,
  add,
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  mul,
  optimizerRuleStep,
  reshape,
  scope,
} from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';
import { descend } from './descend.ts';
import { Optimizer, type UpdateSettings, zeroSlots } from './optimizer.ts';
import { orthogonalize } from './orthogonalize.ts';
import { type Parameters, checkParameters, resolveGroups } from './parameter-groups.ts';

export interface MuonOptions {
  /** γ; default 0.02. */
  learningRate?: number;
  /** μ; default 0.95. */
  momentum?: number;
  /** Whether to look ahead along the momentum; default true. */
  nesterov?: boolean;
  /** Newton-Schulz iterations that make a step orthogonal; default 5. */
  iterations?: number;
  /** λ, of all parameters; default 0. */
  weightDecay?: number;
  /** Parameters with two axes or more that AdamW updates too: embeddings and the weight of the output layer; default none. */
  byAdamW?: readonly Variable[];
  /** AdamW's learning rate is γ times this; default 0.015. */
  adamWScale?: number;
  /** `[β₁, β₂]` of AdamW; default [0.9, 0.95]. */
  betas?: readonly [number, number];
  /** ε of AdamW; default 1e-10. */
  epsilon?: number;
}

/**
 * Steps whose directions in a matrix are all of about one size, however small some of them are in the gradient. With gradient G,
 * parameter Θ of `[rows, columns]` and momentum M:
 *
 *     M ← μ M + (1 - μ) G          D = (1 - μ) G + μ M (Nesterov), or M
 *     Θ ← Θ - γ λ Θ - γ sqrt(max(1, rows / columns)) U Vᵀ          D = U S Vᵀ, its singular value decomposition
 *
 * U Vᵀ comes from Newton-Schulz iterations, which bring the singular values near 1, not to it. All axes of a parameter but the
 * first count as columns, as in the weight of a convolution. {@link AdamW} updates the parameters with fewer than two axes, and
 * those of `byAdamW`. Half the state of AdamW.
 *
 * @see Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. Departs from it in that the iterations run in float32, not
 * bfloat16. The defaults are its author's; AdamW's learning rate there is 3e-4, and follows γ here.
 * @throws {ArgumentError} an option is out of range, or `byAdamW` has what is no parameter of this optimizer
 * @example
 * const w = parameter(tensor2d([[1, 2], [3, 5]]));
 * const optimizer = new Muon([w], { learningRate: 0.1 });
 * optimizer.step(() => sum(square(w))).dispose();
 * w.shape; // [2, 2]
 */
export class Muon extends Optimizer {
  private readonly momentum: number;
  private readonly nesterov: boolean;
  private readonly iterations: number;
  private readonly weightDecay: number;
  private readonly byAdamW: ReadonlySet<Variable>;
  private readonly adamW: {
    readonly scale: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
  };

  constructor(parameters: Parameters, options: MuonOptions = {}) {
    const names = ['learningRate', 'momentum', 'nesterov', 'iterations', 'weightDecay'];
    checkOptions('Muon', options, [...names, 'byAdamW', 'adamWScale', 'betas', 'epsilon']);
    const { learningRate = 0.02, momentum = 0.95, nesterov = true, iterations = 5, weightDecay = 0 } = options;
    const { adamWScale = 0.015, betas = [0.9, 0.95], epsilon = 1e-10 } = options;
    checkNumber('Muon', 'momentum', momentum, { minimum: 0, below: 1 });
    checkBoolean('Muon', 'nesterov', nesterov);
    checkInteger('Muon', 'iterations', iterations, { minimum: 1 });
    checkNumber('Muon', 'weightDecay', weightDecay, { minimum: 0 });
    checkNumber('Muon', 'adamWScale', adamWScale, { minimum: 0 });
    checkCommonSettings('Muon', { betas, epsilon });
    if (options.byAdamW !== undefined) checkParameters('Muon', 'byAdamW', options.byAdamW);
    const byAdamW = new Set(options.byAdamW);
    checkAmong(byAdamW, parameters);
    super(parameters, learningRate, (parameter) =>
      zeroSlots(parameter, isMatrix(parameter, byAdamW) ? ['momentum'] : ['firstMoment', 'secondMoment']),
    );
    this.momentum = momentum;
    this.nesterov = nesterov;
    this.iterations = iterations;
    this.weightDecay = weightDecay;
    this.byAdamW = byAdamW;
    this.adamW = { scale: adamWScale, beta1: betas[0], beta2: betas[1], epsilon };
  }

  protected override update(
    parameters: Variable[],
    gradients: Tensor[],
    { momentum = [], firstMoment = [], secondMoment = [] }: Record<string, Tensor[]>,
    { step, learningRate, weightDecay = this.weightDecay }: UpdateSettings,
  ): void {
    const matrices = parameters.map((parameter) => isMatrix(parameter, this.byAdamW));
    const inMatrices = <T>(list: readonly T[]): T[] => list.filter((_, i) => matrices[i]);
    const others = <T>(list: readonly T[]): T[] => list.filter((_, i) => !matrices[i]);
    this.updateMatrices(inMatrices(parameters), inMatrices(gradients), momentum, { learningRate, weightDecay });
    const { scale, ...constants } = this.adamW;
    const settings = { ...constants, step, learningRate: learningRate * scale, weightDecay };
    adamWStep(others(parameters), others(gradients), firstMoment, secondMoment, settings);
  }

  private updateMatrices(
    parameters: Variable[],
    gradients: Tensor[],
    momenta: Tensor[],
    rates: { learningRate: number; weightDecay: number },
  ): void {
    const { momentum, nesterov } = this;
    optimizerRuleStep('average', momenta, gradients, [], { beta1: momentum });
    scope(() => {
      const directions = momenta.map((mean, i) =>
        this.orthogonal(nesterov ? add(mul(gradients[i] as Tensor, 1 - momentum), mul(mean, momentum)) : mean),
      );
      descend(parameters, directions, rates);
    });
  }

  /** `sqrt(max(1, rows / columns)) U Vᵀ` of a direction of any shape with two axes or more. */
  private orthogonal(direction: Tensor): Tensor {
    const [rows = 0, ...others] = direction.shape;
    const columns = others.reduce((product, length) => product * length, 1);
    const matrix: Tensor2D = reshape(direction, [rows, columns]);
    const scale = Math.sqrt(Math.max(1, rows / columns));
    return reshape(mul(orthogonalize(matrix, this.iterations), scale), direction.shape);
  }
}

function isMatrix(parameter: Variable, byAdamW: ReadonlySet<Variable>): boolean {
  return parameter.rank >= 2 && !byAdamW.has(parameter);
}

function checkAmong(byAdamW: ReadonlySet<Variable>, parameters: Parameters): void {
  const all = new Set(resolveGroups('Muon', parameters).parameters);
  if ([...byAdamW].every((parameter) => all.has(parameter))) return;
  const expected = 'to be parameters of this optimizer';
  throw new ArgumentError({ op: 'Muon', argument: 'byAdamW', expected, received: 'one that is not' });
}

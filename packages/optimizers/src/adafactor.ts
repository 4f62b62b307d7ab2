// SPDX-License-Identifier: Apache-2.0
// Adam without the first moment and with a second one of rows and columns only: little more memory than the parameters take.

import {
  type Tensor,
  type Variable,
  add,
  checkBoolean,
  checkNumber,
  checkOptions,
  div,
  globalNorm,
  maximum,
  mean,
  mul,
  optimizerRuleStep,
  rsqrt,
  scope,
  square,
  zeros,
} from '@nabla/core';

import { descend } from './descend.ts';
import { Optimizer, type Slots, type UpdateSettings, zeroSlots } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';

export interface AdafactorOptions {
  /** γ; default 0.01, the largest step relative to a parameter's size, or 1e-3 where steps are not relative. */
  learningRate?: number;
  /** Whether steps are relative to a parameter's size and fall with the root of their number; default true. */
  relative?: boolean;
  /** τ <= 0: the second moment forgets with 1 - t^τ; default -0.8. */
  decayExponent?: number;
  /** ε₁, added to the squared gradient; default 1e-30. */
  epsilon?: number;
  /** ε₂: the least size of a parameter that relative steps reckon with; default 1e-3. */
  minimumSize?: number;
  /** d > 0: the largest root mean square of U; default 1. */
  clippingThreshold?: number;
  /** λ; default 0. */
  weightDecay?: number;
}

/**
 * Adam without the first moment, and with the second moment of a matrix kept as its means over rows and over columns. At step t
 * with gradient G and parameter Θ of `[...batch, rows, columns]`:
 *
 *     β = 1 - t^τ          α = max(ε₂, rms(Θ)) · min(γ, 1 / sqrt(t)), or γ where steps are not relative
 *     R ← β R + (1 - β) mean over columns of (G² + ε₁)          C ← β C + (1 - β) mean over rows of (G² + ε₁)
 *     V = R C / mean over rows of R          U = G / sqrt(V)
 *     Θ ← Θ - α λ Θ - α U / max(1, rms(U) / d)
 *
 * and V ← β V + (1 - β) (G² + ε₁) for a parameter with fewer than two axes; rms is the root of the mean square.
 *
 * @see Shazeer & Stern 2018, https://arxiv.org/abs/1804.04235, algorithms 4 to 6; the defaults are theirs and those of Hugging
 * Face's transformers. There is no λ in the paper.
 * @example
 * const w = parameter(tensor1d([1]));
 * new Adafactor([w], { learningRate: 0.1 }).step(() => sum(square(w)));
 * w; // [0.9]
 */
export class Adafactor extends Optimizer {
  private readonly relative: boolean;
  private readonly decayExponent: number;
  private readonly epsilon: number;
  private readonly minimumSize: number;
  private readonly clippingThreshold: number;
  private readonly weightDecay: number;

  constructor(parameters: Parameters, options: AdafactorOptions = {}) {
    const names = ['learningRate', 'relative', 'decayExponent', 'epsilon', 'minimumSize', 'clippingThreshold'];
    checkOptions('Adafactor', options, [...names, 'weightDecay']);
    const { relative = true, decayExponent = -0.8, epsilon = 1e-30, minimumSize = 1e-3 } = options;
    const { learningRate = relative ? 0.01 : 1e-3, clippingThreshold = 1, weightDecay = 0 } = options;
    checkBoolean('Adafactor', 'relative', relative);
    checkNumber('Adafactor', 'decayExponent', decayExponent, { maximum: 0 });
    checkNumber('Adafactor', 'epsilon', epsilon, { minimum: 0 });
    checkNumber('Adafactor', 'minimumSize', minimumSize, { minimum: 0 });
    checkNumber('Adafactor', 'clippingThreshold', clippingThreshold, { above: 0 });
    checkNumber('Adafactor', 'weightDecay', weightDecay, { minimum: 0 });
    super(parameters, learningRate, initialSlots);
    this.relative = relative;
    this.decayExponent = decayExponent;
    this.epsilon = epsilon;
    this.minimumSize = minimumSize;
    this.clippingThreshold = clippingThreshold;
    this.weightDecay = weightDecay;
  }

  protected override update(
    parameters: Variable[],
    gradients: Tensor[],
    { rowMeanSquare = [], columnMeanSquare = [], meanSquare = [] }: Record<string, Tensor[]>,
    { step, learningRate, weightDecay = this.weightDecay }: UpdateSettings,
  ): void {
    scope(() => {
      const squares = gradients.map((gradient) => add(square(gradient), this.epsilon));
      const ofMatrices = squares.filter(isMatrix);
      const averages = [...rowMeanSquare, ...columnMeanSquare, ...meanSquare];
      const present = [
        ...ofMatrices.map((x) => mean(x, -1, true)), // [...batch, rows, 1]
        ...ofMatrices.map((x) => mean(x, -2, true)), // [...batch, 1, columns]
        ...squares.filter((x) => !isMatrix(x)),
      ];
      optimizerRuleStep('average', averages, present, [], { beta1: 1 - step ** this.decayExponent });

      const matrixScales = rowMeanSquare.map((rows, i) => inverseRoot(rows, columnMeanSquare[i] as Tensor));
      const otherScales = meanSquare.map((x) => rsqrt(x));
      const directions = parameters.map((parameter, i) => {
        const scales = isMatrix(parameter) ? matrixScales : otherScales;
        const direction = this.clip(mul(gradients[i] as Tensor, scales.shift() as Tensor)); // U / max(1, rms(U) / d)
        const decayed = weightDecay === 0 ? direction : add(direction, mul(parameter, weightDecay));
        return mul(decayed, this.stepSize(parameter, step, learningRate));
      });
      descend(parameters, directions);
    });
  }

  private clip(direction: Tensor): Tensor {
    return div(direction, maximum(div(rootMeanSquare(direction), this.clippingThreshold), 1));
  }

  /** α. */
  private stepSize(parameter: Tensor, step: number, learningRate: number): Tensor | number {
    if (!this.relative) return learningRate;
    return mul(maximum(rootMeanSquare(parameter), this.minimumSize), Math.min(learningRate, 1 / Math.sqrt(step)));
  }
}

function isMatrix({ rank }: Tensor): boolean {
  return rank >= 2;
}

function initialSlots(parameter: Variable): Slots {
  if (!isMatrix(parameter)) return zeroSlots(parameter, ['meanSquare']);
  const batch = parameter.shape.slice(0, -2);
  const [rows = 0, columns = 0] = parameter.shape.slice(-2);
  return { rowMeanSquare: zeros([...batch, rows, 1]), columnMeanSquare: zeros([...batch, 1, columns]) };
}

/** 1 / sqrt(V) from R and C, of which the product itself may be too small for float32. → `[...batch, rows, columns]` */
function inverseRoot(rows: Tensor, columns: Tensor): Tensor {
  return mul(rsqrt(div(rows, mean(rows, -2, true))), rsqrt(columns));
}

/** → `[]` */
function rootMeanSquare(x: Tensor): Tensor {
  return div(globalNorm([x]), Math.sqrt(x.size));
}

// SPDX-License-Identifier: Apache-2.0
// One step of AdamW on all parameters: checks, the plain formula for one tensor, the fused kernel.

import type { AdamWStepAttributes } from '../backend/definitions/optimizer-step.ts';
import { checkInteger, checkNumber, checkOptions } from '../check.ts';
import { type Tensor, add, div, mul, sqrt, square, sub } from '../tf.ts';
import { checkDistinct, checkLists, unshare } from './in-place.ts';
import { runKernel } from './run.ts';

export interface AdamWStepOptions {
  /** t, the number of this step; the first is 1. */
  step: number;
  /** γ */
  learningRate: number;
  /** β₁ */
  beta1: number;
  /** β₂ */
  beta2: number;
  /** ε */
  epsilon: number;
  /** λ */
  weightDecay: number;
}

/**
 * Adam with decoupled weight decay, in place on every parameter θ and its moments m and v, given the gradients g:
 *
 *     θ ← θ - γ λ θ          m ← β₁ m + (1 - β₁) g          v ← β₂ v + (1 - β₂) g²
 *     θ ← θ - γ (m / (1 - β₁ᵗ)) / (sqrt(v / (1 - β₂ᵗ)) + ε)
 *
 * A tensor that shares its memory with others, such as a parameter of which a clone is held, is given memory of its own: the
 * others keep their values.
 *
 * @param parameters     any shapes, float32; changed
 * @param gradients      one for each parameter, of its shape
 * @param firstMoments   likewise, zeros before the first step; changed
 * @param secondMoments  likewise
 * @throws {ArgumentError} lists of unequal length, a tensor to be changed listed twice, an option out of range
 * @throws {ShapeError} a tensor has not the shape of its parameter
 * @throws {DTypeError} a tensor is not float32
 * @see Loshchilov & Hutter 2017, https://arxiv.org/abs/1711.05101. Departs from it as PyTorch does: γ multiplies the decay.
 * @example
 * const [w, m, v] = [2, 0, 0].map((value) => variable(tensor1d([value])));
 * const options = { step: 1, learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
 * adamWStep([w], [tensor1d([5])], [m], [v], options);
 * w; // [1.9]
 */
export function adamWStep(
  parameters: readonly Tensor[],
  gradients: readonly Tensor[],
  firstMoments: readonly Tensor[],
  secondMoments: readonly Tensor[],
  options: AdamWStepOptions,
): void {
  checkLists('adamWStep', { parameters, gradients, firstMoments, secondMoments });
  checkDistinct('adamWStep', { parameters, firstMoments, secondMoments });
  const attributes = attributesOf(options);
  for (const changed of [parameters, firstMoments, secondMoments]) unshare(changed);
  runKernel('NablaAdamWStep', [...parameters, ...gradients, ...firstMoments, ...secondMoments], attributes);
}

function attributesOf(options: AdamWStepOptions): AdamWStepAttributes {
  checkOptions('adamWStep', options, ['step', 'learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay']);
  const { step, learningRate, beta1, beta2, epsilon, weightDecay } = options;
  checkInteger('adamWStep', 'step', step, { minimum: 1 });
  checkNumber('adamWStep', 'learningRate', learningRate);
  checkNumber('adamWStep', 'beta1', beta1, { minimum: 0, below: 1 });
  checkNumber('adamWStep', 'beta2', beta2, { minimum: 0, below: 1 });
  checkNumber('adamWStep', 'epsilon', epsilon, { minimum: 0 });
  checkNumber('adamWStep', 'weightDecay', weightDecay);
  return {
    decay: learningRate * weightDecay,
    firstRate: 1 - beta1,
    secondDecay: beta2,
    secondRate: 1 - beta2,
    stepSize: learningRate / (1 - beta1 ** step),
    secondScale: 1 / Math.sqrt(1 - beta2 ** step),
    epsilon,
  };
}

/** The formula of {@link adamWStep} for one parameter, op by op. → [parameter, firstMoment, secondMoment] */
export function plainAdamWStep(
  parameter: Tensor,
  gradient: Tensor,
  firstMoment: Tensor,
  secondMoment: Tensor,
  { step, learningRate, beta1, beta2, epsilon, weightDecay }: AdamWStepOptions,
): [Tensor, Tensor, Tensor] {
  const first = add(mul(beta1, firstMoment), mul(1 - beta1, gradient));
  const second = add(mul(beta2, secondMoment), mul(1 - beta2, square(gradient)));
  const denominator = add(sqrt(div(second, 1 - beta2 ** step)), epsilon);
  const update = mul(learningRate, div(div(first, 1 - beta1 ** step), denominator));
  return [sub(mul(1 - learningRate * weightDecay, parameter), update), first, second];
}

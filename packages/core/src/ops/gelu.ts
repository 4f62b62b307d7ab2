// SPDX-License-Identifier: Apache-2.0
// The Gaussian error linear unit: checks, the plain formula, the fused kernel and its gradient.

import type { GeluAttributes } from '../backend/definitions/activation.ts';
import { checkFloat, checkOneOf, checkOptions } from '../check.ts';
import { type Tensor, add, erf, mul, pow, tanh } from '../tf.ts';
import { defineGradient, runFused, runKernelForOne } from './run.ts';

export interface GeluOptions {
  /** `none`: exact; `tanh`: the approximation that GPT-2 was trained with; default `none`. */
  approximate?: 'none' | 'tanh';
}

/**
 * `x * P(x)`, where P(x) is the probability that a standard normal number is below x: `(1 + erf(x / sqrt(2))) / 2`, or with
 * `approximate: 'tanh'` about `(1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2`.
 *
 * @param x  any shape, float32
 * @returns  the same shape
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} `approximate` is neither `none` nor `tanh`
 * @see Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415
 * @example
 * gelu(tensor1d([-1, 0, 1])); // [-0.158655, 0, 0.841345]
 */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  checkOptions('gelu', options, ['approximate']);
  checkFloat('gelu', { x });
  const { approximate = 'none' } = options;
  checkOneOf('gelu', 'approximate', approximate, ['none', 'tanh']);
  return runFused('NablaGelu', { x }, { activation: approximate === 'none' ? 'gelu' : 'geluTanh' });
}

/** The formula of {@link gelu}, op by op. */
export function plainGelu(x: Tensor, { approximate = 'none' }: GeluOptions = {}): Tensor {
  const inner =
    approximate === 'none'
      ? erf(mul(x, Math.SQRT1_2))
      : tanh(mul(Math.sqrt(2 / Math.PI), add(x, mul(0.044715, pow(x, 3)))));
  return mul(mul(0.5, x), add(1, inner));
}

defineGradient<GeluAttributes>({
  kernelName: 'NablaGelu',
  savedInputs: ['x'],
  gradient: (gradOut, [x], { activation }) => ({
    x: runKernelForOne('NablaActivationGrad', { gradOut, saved: x }, { activation }),
  }),
  plain:
    ({ activation }) =>
    ({ x }) =>
      plainGelu(x, { approximate: activation === 'gelu' ? 'none' : 'tanh' }),
});

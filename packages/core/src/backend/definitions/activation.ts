// SPDX-License-Identifier: Apache-2.0
// Activation functions in TypeScript; see native/src/kernels/activation.h for the formulas.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';

const { abs, exp, sqrt, tanh, PI } = Math;

/** The order is that of `enum Activation` in native/src/kernels/activation.h. */
export const ACTIVATIONS = ['none', 'relu', 'sigmoid', 'tanh', 'gelu', 'geluTanh', 'silu'] as const;

/** What can follow a linear map; `none` is the identity. */
export type Activation = (typeof ACTIVATIONS)[number];

/** A function of one number and its derivative, computed from what is saved: the input, or the output where that is enough. */
interface ActivationFunction {
  readonly saves: 'input' | 'output';
  readonly value: (x: number) => number;
  readonly derivative: (saved: number) => number;
}

const logistic = (x: number): number => 1 / (1 + exp(-x));

const tanhRoot = sqrt(2 / PI);
const innerTanh = (x: number): number => tanh(tanhRoot * (x + 0.044715 * x * x * x));

export const activationFunctions: Readonly<Record<Activation, ActivationFunction>> = {
  none: { saves: 'output', value: (x) => x, derivative: () => 1 },
  relu: { saves: 'output', value: (x) => (x < 0 ? 0 : x), derivative: (y) => (y <= 0 ? 0 : 1) },
  sigmoid: { saves: 'output', value: logistic, derivative: (y) => y * (1 - y) },
  tanh: { saves: 'output', value: tanh, derivative: (y) => 1 - y * y },
  gelu: {
    saves: 'input',
    value: (x) => x * normalDistribution(x),
    derivative: (x) => normalDistribution(x) + (x * exp(-0.5 * x * x)) / sqrt(2 * PI),
  },
  geluTanh: {
    saves: 'input',
    value: (x) => 0.5 * x * (1 + innerTanh(x)),
    derivative: (x) => {
      const t = innerTanh(x);
      if (t * t === 1) return t < 0 ? 0 : 1; // also at infinity
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * tanhRoot * (1 + 3 * 0.044715 * x * x);
    },
  },
  silu: {
    saves: 'input',
    value: (x) => x * logistic(x),
    derivative: (x) => logistic(x) * (1 + x * (1 - logistic(x))),
  },
};

/** The probability that a standard normal number is below `x`. */
function normalDistribution(x: number): number {
  const upper = 0.5 * complementaryError(abs(x) / sqrt(2));
  return x < 0 ? upper : 1 - upper;
}

/**
 * `erfc(x)` for x >= 0, within 5e-9 of its size: `exp(-x^2)` times a polynomial in `t = 1 / (1 + x / 2)`, fitted by least
 * squares whose weights were raised where the relative error was largest.
 */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.5 * x);
  let sum = 0.038530457619;
  sum = sum * t - 0.207310132116;
  sum = sum * t + 0.423399270449;
  sum = sum * t - 0.351871580073;
  sum = sum * t + 0.036743913509;
  sum = sum * t - 0.001227023457;
  sum = sum * t + 0.070160120134;
  sum = sum * t + 0.181398877017;
  sum = sum * t + 0.245902846834;
  sum = sum * t + 0.28218177812;
  sum = sum * t + 0.282091476262;
  return t * exp(-x * x) * sum;
}

export interface GeluAttributes {
  readonly activation: 'gelu' | 'geluTanh';
}
export interface ActivationGradInputs {
  readonly gradOut: TensorInfo; // any shape
  readonly saved: TensorInfo; // the same: the function's input or output, see ActivationFunction.saves
}
export interface ActivationAttributes {
  readonly activation: Activation;
}

const gelu = definition<{ x: TensorInfo }, GeluAttributes>('NablaGelu', ({ x }, { activation }, backend) => {
  const { value } = activationFunctions[activation];
  return backend.make(x.shape, 'float32', backend.floats(x).map(value));
});

const activationGrad = definition<ActivationGradInputs, ActivationAttributes>(
  'NablaActivationGrad',
  ({ gradOut, saved }, { activation }, backend) => {
    const { derivative } = activationFunctions[activation];
    const from = backend.floats(saved);
    const gradIn = backend.floats(gradOut).map((grad, i) => grad * derivative(from[i]));
    return backend.make(gradOut.shape, 'float32', gradIn);
  },
);

export const activationDefinitions: readonly KernelConfig[] = [gelu, activationGrad];

// SPDX-License-Identifier: Apache-2.0
// Smooth activation functions as modules: Softplus, Softsign, LogSigmoid, Mish, Tanhshrink.

import { type Tensor, abs, add, checkNumber, checkOptions, div, mul, neg, softplus, sub, tanh } from '@nabla/core';

import { Module } from '../module.ts';

export interface SoftplusOptions {
  /** How sharp the bend is; default 1. */
  beta?: number;
}

/**
 * `log(1 + exp(beta · x)) / beta`, a smooth ReLU. It does not overflow, so it needs none of PyTorch's `threshold`, above
 * which that returns x itself.
 *
 * @example
 * new Softplus().forward(tensor1d([-1, 0, 100])); // [0.313262, 0.693147, 100]
 */
export class Softplus extends Module {
  readonly beta: number;

  constructor(options: SoftplusOptions = {}) {
    super();
    checkOptions('Softplus', options, ['beta']);
    const { beta = 1 } = options;
    checkNumber('Softplus', 'beta', beta, { above: 0 });
    this.beta = beta;
  }

  override forward(x: Tensor): Tensor {
    if (this.beta === 1) return softplus(x);
    return div(softplus(mul(x, this.beta)), this.beta);
  }
}

/**
 * `x / (1 + |x|)`.
 * @example
 * new Softsign().forward(tensor1d([-1, 3])); // [-0.5, 0.75]
 */
export class Softsign extends Module {
  override forward(x: Tensor): Tensor {
    return div(x, add(abs(x), 1));
  }
}

/**
 * `log(1 / (1 + e⁻ˣ))`, finite for every finite x.
 * @example
 * new LogSigmoid().forward(tensor1d([-100, 0])); // [-100, -0.693147]
 */
export class LogSigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return neg(softplus(neg(x)));
  }
}

/**
 * `x · tanh(log(1 + eˣ))`.
 *
 * @see Misra 2019, https://arxiv.org/abs/1908.08681
 * @example
 * new Mish().forward(tensor1d([-1, 2])); // [-0.303401, 1.94396]
 */
export class Mish extends Module {
  override forward(x: Tensor): Tensor {
    return mul(x, tanh(softplus(x)));
  }
}

/**
 * `x - tanh(x)`.
 * @example
 * new Tanhshrink().forward(tensor1d([0, 1])); // [0, 0.238406]
 */
export class Tanhshrink extends Module {
  override forward(x: Tensor): Tensor {
    return sub(x, tanh(x));
  }
}

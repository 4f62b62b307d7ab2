// SPDX-License-Identifier: Apache-2.0
// Activation functions as modules, so that they can stand in a Sequential: the most common ones. The others are in activations/.

import {
  type GeluOptions,
  type Tensor,
  checkOneOf,
  checkOptions,
  gelu,
  mul,
  relu,
  sigmoid,
  softmax,
  tanh,
} from '@nabla/core';

import { type AxisOptions, checkAxisOption } from './activations/axis-option.ts';
import { Module } from './module.ts';

/**
 * `max(x, 0)`.
 * @example
 * new ReLU().forward(tensor1d([-1, 2])); // [0, 2]
 */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/**
 * `x · Φ(x)`, Φ the normal distribution function. See {@link gelu}.
 * @example
 * new GELU().forward(tensor1d([-1, 2])); // [-0.158655, 1.9545]
 */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  constructor(options: GeluOptions = {}) {
    super();
    checkOptions('GELU', options, ['approximate']);
    const { approximate = 'none' } = options;
    checkOneOf('GELU', 'approximate', approximate, ['none', 'tanh']);
    this.approximate = approximate;
  }

  override forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }
}

/**
 * `(eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)`.
 * @example
 * new Tanh().forward(tensor1d([0, 1])); // [0, 0.761594]
 */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/**
 * `1 / (1 + e⁻ˣ)`.
 * @example
 * new Sigmoid().forward(tensor1d([0, 1])); // [0.5, 0.731059]
 */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/**
 * `x / (1 + e⁻ˣ)`, also called swish.
 * @see Elfwing, Uchibe & Doya 2017, https://arxiv.org/abs/1702.03118
 * @example
 * new SiLU().forward(tensor1d([0, 1])); // [0, 0.731059]
 */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor {
    return mul(x, sigmoid(x));
  }
}

/**
 * `exp(x) / sum(exp(x))` over one axis, by default the last.
 * @example
 * new Softmax().forward(tensor1d([0, 0])); // [0.5, 0.5]
 */
export class Softmax extends Module {
  readonly axis: number;

  constructor(options: AxisOptions = {}) {
    super();
    this.axis = checkAxisOption('Softmax', options);
  }

  override forward(x: Tensor): Tensor {
    return softmax(x, this.axis);
  }
}

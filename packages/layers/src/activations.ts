// SPDX-License-Identifier: Apache-2.0
// Activation functions as modules, so that they can stand in a Sequential. None has parameters.

import {
  type GeluOptions,
  type Tensor,
  checkInteger,
  checkOneOf,
  checkOptions,
  gelu,
  mul,
  relu,
  sigmoid,
  softmax,
  tanh,
  transpose,
} from '@nabla/core';

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

  constructor(options: { axis?: number } = {}) {
    super();
    checkOptions('Softmax', options, ['axis']);
    const { axis = -1 } = options;
    checkInteger('Softmax', 'axis', axis);
    this.axis = axis;
  }

  override forward(x: Tensor): Tensor {
    const last = x.shape.length - 1;
    checkInteger('Softmax', 'axis', this.axis, { minimum: -1 - last, maximum: last });
    const axis = this.axis < 0 ? this.axis + last + 1 : this.axis;
    if (axis === last) return softmax(x);
    const swapped = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    return transpose(softmax(transpose(x, swapped)), swapped);
  }
}

// SPDX-License-Identifier: Apache-2.0
// Activation functions along one axis, as modules: Softmin, LogSoftmax, GLU. (Softmax stands in activations.ts.)

import { ShapeError, type Tensor, logSoftmax, mul, neg, normalizeAxis, sigmoid, slice, softmax } from '@nabla/core';

import { Module } from '../module.ts';
import { type AxisOptions, checkAxisOption } from './axis-option.ts';

/**
 * `exp(-x) / sum(exp(-x))` over one axis, by default the last.
 * @example
 * new Softmin().forward(tensor1d([0, 0])); // [0.5, 0.5]
 */
export class Softmin extends Module {
  readonly axis: number;

  constructor(options: AxisOptions = {}) {
    super();
    this.axis = checkAxisOption('Softmin', options);
  }

  override forward(x: Tensor): Tensor {
    return softmax(neg(x), this.axis);
  }
}

/**
 * `log(softmax(x)) = x - log(sum(exp(x)))` over one axis, by default the last; computed so that it does not overflow.
 * @example
 * new LogSoftmax().forward(tensor1d([0, 0])); // [-0.693147, -0.693147]
 */
export class LogSoftmax extends Module {
  readonly axis: number;

  constructor(options: AxisOptions = {}) {
    super();
    this.axis = checkAxisOption('LogSoftmax', options);
  }

  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this.axis);
  }
}

/**
 * Gated linear unit: `a · σ(b)`, where a is the first half of x along one axis, by default the last, and b the second.
 *
 * @see Dauphin, Fan, Auli & Grangier 2016, https://arxiv.org/abs/1612.08083
 * @example
 * new GLU().forward(tensor1d([2, 0])); // [1]
 */
export class GLU extends Module {
  readonly axis: number;

  constructor(options: AxisOptions = {}) {
    super();
    this.axis = checkAxisOption('GLU', options);
  }

  /**
   * `[..., 2 · features, ...]` → `[..., features, ...]`.
   *
   * @throws {ShapeError} the axis has an odd length
   */
  override forward(x: Tensor): Tensor {
    const axis = normalizeAxis('GLU', this.axis, x.shape.length);
    const length = x.shape[axis] ?? 0;
    if (length % 2 !== 0) {
      const expected = `with an even length of axis ${axis}`;
      throw new ShapeError({ op: 'GLU', argument: 'x', expected, received: x.shape });
    }
    const size = x.shape.map((whole, i) => (i === axis ? length / 2 : whole));
    const middle = x.shape.map((_, i) => (i === axis ? length / 2 : 0));
    const start = x.shape.map(() => 0);
    return mul(slice(x, start, size), sigmoid(slice(x, middle, size)));
  }
}

// SPDX-License-Identifier: Apache-2.0
// Piecewise linear and quadratic activation functions as modules: the hard ones, and two that shrink.

import {
  type Tensor,
  abs,
  add,
  checkNumber,
  checkOptions,
  clipByValue,
  div,
  lessEqual,
  mul,
  noGrad,
  relu6,
  sub,
  where,
  zerosLike,
} from '@nabla/core';

import { Module } from '../module.ts';

export interface HardtanhOptions {
  /** Default -1. */
  minimum?: number;
  /** Default 1. */
  maximum?: number;
}

/**
 * `min(max(x, minimum), maximum)`.
 * @example
 * new Hardtanh().forward(tensor1d([-3, 0.5, 3])); // [-1, 0.5, 1]
 */
export class Hardtanh extends Module {
  readonly minimum: number;
  readonly maximum: number;

  /** @throws {ArgumentError} `minimum` is not below `maximum` */
  constructor(options: HardtanhOptions = {}) {
    super();
    checkOptions('Hardtanh', options, ['minimum', 'maximum']);
    const { minimum = -1, maximum = 1 } = options;
    checkNumber('Hardtanh', 'maximum', maximum);
    checkNumber('Hardtanh', 'minimum', minimum, { below: maximum });
    this.minimum = minimum;
    this.maximum = maximum;
  }

  override forward(x: Tensor): Tensor {
    return clipByValue(x, this.minimum, this.maximum);
  }
}

/**
 * `min(max(x + 3, 0), 6) / 6`, a sigmoid of straight lines.
 *
 * @see Howard et al. 2019, https://arxiv.org/abs/1905.02244
 * @example
 * new Hardsigmoid().forward(tensor1d([-4, 0, 1.5])); // [0, 0.5, 0.75]
 */
export class Hardsigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/**
 * `x · min(max(x + 3, 0), 6) / 6`, a SiLU without exponentials.
 *
 * @see Howard et al. 2019, https://arxiv.org/abs/1905.02244
 * @example
 * new Hardswish().forward(tensor1d([-4, 1.5, 4])); // [0, 1.125, 4]
 */
export class Hardswish extends Module {
  override forward(x: Tensor): Tensor {
    return mul(x, hardsigmoid(x));
  }
}

function hardsigmoid(x: Tensor): Tensor {
  return div(relu6(add(x, 3)), 6);
}

export interface ShrinkOptions {
  /** Half the width of what becomes 0; default 0.5. */
  lambda?: number;
}

function checkLambda(op: string, options: ShrinkOptions): number {
  checkOptions(op, options, ['lambda']);
  const { lambda = 0.5 } = options;
  checkNumber(op, 'lambda', lambda, { minimum: 0 });
  return lambda;
}

/**
 * `0` where |x| <= lambda, else `x`.
 * @example
 * new Hardshrink().forward(tensor1d([-2, 0.25, 2])); // [-2, 0, 2]
 */
export class Hardshrink extends Module {
  readonly lambda: number;

  constructor(options: ShrinkOptions = {}) {
    super();
    this.lambda = checkLambda('Hardshrink', options);
  }

  override forward(x: Tensor): Tensor {
    const small = noGrad(() => lessEqual(abs(x), this.lambda)); // a comparison has no gradient
    return where(small, zerosLike(x), x);
  }
}

/**
 * `0` where |x| <= lambda, else `x` moved by lambda towards 0.
 * @example
 * new Softshrink().forward(tensor1d([-2, 0.25, 2])); // [-1.5, 0, 1.5]
 */
export class Softshrink extends Module {
  readonly lambda: number;

  constructor(options: ShrinkOptions = {}) {
    super();
    this.lambda = checkLambda('Softshrink', options);
  }

  override forward(x: Tensor): Tensor {
    return sub(x, clipByValue(x, -this.lambda, this.lambda));
  }
}

// SPDX-License-Identifier: Apache-2.0
// Relatives of ReLU as modules: the identity above a threshold, and something else below it.

import {
  type Tensor,
  add,
  checkInteger,
  checkNumber,
  checkOptions,
  checkShape,
  div,
  elu,
  expm1,
  fill,
  leakyRelu,
  lessEqual,
  minimum,
  mul,
  noGrad,
  prelu,
  relu,
  relu6,
  selu,
  where,
} from '@nabla/core';

import { Module } from '../module.ts';
import { type Parameter, parameter } from '../parameter.ts';

export interface LeakyReLUOptions {
  /** Factor of negative inputs; default 0.01. */
  negativeSlope?: number;
}

/**
 * `x` where x > 0, else `negativeSlope · x`.
 * @example
 * new LeakyReLU({ negativeSlope: 0.1 }).forward(tensor1d([-1, 2])); // [-0.1, 2]
 */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  constructor(options: LeakyReLUOptions = {}) {
    super();
    checkOptions('LeakyReLU', options, ['negativeSlope']);
    const { negativeSlope = 0.01 } = options;
    checkNumber('LeakyReLU', 'negativeSlope', negativeSlope);
    this.negativeSlope = negativeSlope;
  }

  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }
}

export interface PReLUOptions {
  /** Of every element of the weight; default 0.25. */
  initial?: number;
}

/**
 * `x` where x > 0, else `weight · x`: a leaky ReLU whose slope is learned, one for all features or one for each.
 *
 * @see He, Zhang, Ren & Sun 2015, https://arxiv.org/abs/1502.01852
 * @example
 * new PReLU().forward(tensor1d([-1, 2])); // [-0.25, 2]
 */
export class PReLU extends Module {
  readonly weight: Parameter; // [1] or [features]

  /** @param features  how many slopes are learned: 1 (default), or one for each entry of the last axis */
  constructor(features = 1, options: PReLUOptions = {}) {
    super();
    checkInteger('PReLU', 'features', features, { minimum: 1 });
    checkOptions('PReLU', options, ['initial']);
    const { initial = 0.25 } = options;
    checkNumber('PReLU', 'initial', initial);
    this.weight = parameter(fill([features], initial));
  }

  /**
   * `[...batch, features]` → the same shape; any shape where one slope serves all.
   *
   * @throws {ShapeError} the last axis does not have one entry for each slope
   */
  override forward(x: Tensor): Tensor {
    const features = this.weight.size;
    if (features > 1) checkShape('PReLU', 'x', x, ['...batch', features]);
    return prelu(x, this.weight);
  }
}

export interface AlphaOptions {
  /** Scale of what negative inputs saturate at; default 1. */
  alpha?: number;
}

function checkAlpha(op: string, options: AlphaOptions, range: { above?: number } = {}): number {
  checkOptions(op, options, ['alpha']);
  const { alpha = 1 } = options;
  checkNumber(op, 'alpha', alpha, range);
  return alpha;
}

/**
 * `x` where x > 0, else `alpha · (eˣ - 1)`.
 *
 * @see Clevert, Unterthiner & Hochreiter 2015, https://arxiv.org/abs/1511.07289
 * @example
 * new ELU().forward(tensor1d([-1, 2])); // [-0.632121, 2]
 */
export class ELU extends Module {
  readonly alpha: number;

  constructor(options: AlphaOptions = {}) {
    super();
    this.alpha = checkAlpha('ELU', options);
  }

  override forward(x: Tensor): Tensor {
    if (this.alpha === 1) return elu(x);
    return add(relu(x), mul(expm1(minimum(x, 0)), this.alpha));
  }
}

/**
 * `max(x, 0) + min(0, alpha · (exp(x / alpha) - 1))`: an ELU whose derivative is continuous for every alpha.
 *
 * @see Barron 2017, https://arxiv.org/abs/1704.07483
 * @example
 * new CELU({ alpha: 2 }).forward(tensor1d([-1, 2])); // [-0.786939, 2]
 */
export class CELU extends Module {
  readonly alpha: number;

  /** @throws {ArgumentError} `alpha` is not above 0 */
  constructor(options: AlphaOptions = {}) {
    super();
    this.alpha = checkAlpha('CELU', options, { above: 0 });
  }

  override forward(x: Tensor): Tensor {
    if (this.alpha === 1) return elu(x);
    return add(relu(x), mul(expm1(div(minimum(x, 0), this.alpha)), this.alpha));
  }
}

/**
 * `1.0507 · (x where x > 0, else 1.67326 · (eˣ - 1))`: keeps mean 0 and variance 1 from layer to layer.
 *
 * @see Klambauer, Unterthiner, Mayr & Hochreiter 2017, https://arxiv.org/abs/1706.02515
 * @example
 * new SELU().forward(tensor1d([-1, 2])); // [-1.11133, 2.1014]
 */
export class SELU extends Module {
  override forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/**
 * `min(max(x, 0), 6)`.
 * @example
 * new ReLU6().forward(tensor1d([-1, 2, 8])); // [0, 2, 6]
 */
export class ReLU6 extends Module {
  override forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/**
 * `x` where x > threshold, else `value`.
 * @example
 * new Threshold(1, 20).forward(tensor1d([0, 1, 2])); // [20, 20, 2]
 */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;

  constructor(threshold: number, value: number) {
    super();
    checkNumber('Threshold', 'threshold', threshold);
    checkNumber('Threshold', 'value', value);
    this.threshold = threshold;
    this.value = value;
  }

  override forward(x: Tensor): Tensor {
    const below = noGrad(() => lessEqual(x, this.threshold)); // a comparison has no gradient
    return where(below, fill(x.shape, this.value), x);
  }
}

// SPDX-License-Identifier: Apache-2.0
// The affine map with learned weights.

import { type Generator, type Tensor, checkBoolean, checkInteger, linear } from '@nabla/core';

import { checkDrawingOptions } from './drawing-options.ts';
import { Module } from './module.ts';
import type { Parameter } from './parameter.ts';
import { drawWeightAndBias } from './weight-and-bias.ts';

export interface LinearOptions {
  /** Draws the initial values. */
  generator: Generator;
  /** Whether a bias is added; default true. */
  bias?: boolean;
}

/**
 * `y = x · weightᵀ + bias`. See {@link linear}.
 * Weight and bias start uniform in `±1 / sqrt(inputs)`, as in PyTorch.
 *
 * @example
 * const layer = new Linear(3, 2, { generator: new Generator(1) });
 * layer.forward(ones([5, 3])).shape; // [5, 2]
 */
export class Linear extends Module {
  readonly weight: Parameter; // [outputs, inputs]
  readonly bias: Parameter | undefined; // [outputs]

  constructor(inputs: number, outputs: number, options: LinearOptions) {
    super();
    checkDrawingOptions('Linear', options, ['bias']);
    checkInteger('Linear', 'inputs', inputs, { minimum: 1 });
    checkInteger('Linear', 'outputs', outputs, { minimum: 1 });
    const { generator, bias = true } = options;
    checkBoolean('Linear', 'bias', bias);
    const initial = drawWeightAndBias([outputs, inputs], bias ? outputs : undefined, generator);
    this.weight = initial.weight;
    this.bias = initial.bias;
  }

  /** `[...batch, inputs]` → `[...batch, outputs]`. */
  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}

// SPDX-License-Identifier: Apache-2.0
// Layer normalization with a learned scale and shift.

import {
  type LayerNormOptions,
  type Tensor,
  checkInteger,
  checkNumber,
  checkOptions,
  layerNorm,
  ones,
  zeros,
} from '@nabla/core';

import { Module } from './module.ts';
import { type Parameter, parameter } from './parameter.ts';

/**
 * Layer normalization with a learned scale and shift. See {@link layerNorm} for the formula.
 *
 * @example
 * new LayerNorm(2).forward(tensor2d([[1, 3]])); // [[-0.999995, 0.999995]]
 */
export class LayerNorm extends Module {
  readonly weight: Parameter; // [features], starts at 1
  readonly bias: Parameter; // [features], starts at 0
  readonly epsilon: number;

  constructor(features: number, options: LayerNormOptions = {}) {
    super();
    checkOptions('LayerNorm', options, ['epsilon']);
    checkInteger('LayerNorm', 'features', features, { minimum: 1 });
    const { epsilon = 1e-5 } = options;
    checkNumber('LayerNorm', 'epsilon', epsilon, { minimum: 0 });
    this.weight = parameter(ones([features]));
    this.bias = parameter(zeros([features]));
    this.epsilon = epsilon;
  }

  /** `[...batch, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return layerNorm(x, this.weight, this.bias, { epsilon: this.epsilon });
  }
}

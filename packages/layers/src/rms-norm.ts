// SPDX-License-Identifier: Apache-2.0
// Root mean square normalization with a learned scale.

import { type RmsNormOptions, type Tensor, checkInteger, checkNumber, checkOptions, ones, rmsNorm } from '@nabla/core';

import { Module } from './module.ts';
import { type Parameter, parameter } from './parameter.ts';

/**
 * Root mean square normalization with a learned scale. See {@link rmsNorm} for the formula and the source.
 *
 * `epsilon` is 1e-6 unless given, as in Llama; `torch.nn.RMSNorm` takes 2^-23 when it is not told.
 *
 * @example
 * new RMSNorm(2).forward(tensor2d([[1, 7]])); // [[0.2, 1.4]]
 */
export class RMSNorm extends Module {
  readonly weight: Parameter; // [features], starts at 1
  readonly epsilon: number;

  constructor(features: number, options: RmsNormOptions = {}) {
    super();
    checkOptions('RMSNorm', options, ['epsilon']);
    checkInteger('RMSNorm', 'features', features, { minimum: 1 });
    const { epsilon = 1e-6 } = options;
    checkNumber('RMSNorm', 'epsilon', epsilon, { minimum: 0 });
    this.weight = parameter(ones([features]));
    this.epsilon = epsilon;
  }

  /** `[...batch, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return rmsNorm(x, this.weight, { epsilon: this.epsilon });
  }
}

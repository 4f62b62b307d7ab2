// SPDX-License-Identifier: Apache-2.0
// Group normalization with a learned scale and shift.

import {
  type GroupNormOptions,
  type Tensor,
  checkBoolean,
  checkGroups,
  checkInteger,
  checkNumber,
  checkOptions,
  groupNorm,
  ones,
  zeros,
} from '@nabla/core';

import { Module } from '../module.ts';
import { type Parameter, parameter } from '../parameter.ts';

export interface GroupNormLayerOptions extends GroupNormOptions {
  /** Whether there are a learned scale and shift; default true. */
  affine?: boolean;
}

/**
 * Group normalization with a learned scale and shift of each channel. See {@link groupNorm} for the formula and the source.
 *
 * @example
 * new GroupNorm(2, 4).forward(tensor2d([[1, 3, 4, 8]])); // [[-0.999995, 0.999995, -0.999999, 0.999999]]
 */
export class GroupNorm extends Module {
  readonly weight: Parameter | undefined; // [channels], starts at 1
  readonly bias: Parameter | undefined; // [channels], starts at 0
  readonly groups: number;
  readonly epsilon: number;

  constructor(groups: number, channels: number, options: GroupNormLayerOptions = {}) {
    super();
    checkOptions('GroupNorm', options, ['epsilon', 'affine']);
    checkInteger('GroupNorm', 'channels', channels, { minimum: 1 });
    checkGroups('GroupNorm', groups, channels);
    const { epsilon = 1e-5, affine = true } = options;
    checkNumber('GroupNorm', 'epsilon', epsilon, { minimum: 0 });
    checkBoolean('GroupNorm', 'affine', affine);
    this.weight = affine ? parameter(ones([channels])) : undefined;
    this.bias = affine ? parameter(zeros([channels])) : undefined;
    this.groups = groups;
    this.epsilon = epsilon;
  }

  /** `[batch, ...spatial, channels]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return groupNorm(x, this.groups, this.weight, this.bias, { epsilon: this.epsilon });
  }
}

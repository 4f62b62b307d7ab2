// SPDX-License-Identifier: Apache-2.0
// Instance normalization, with or without a learned scale and shift.

import {
  type Tensor,
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  checkRank,
  checkShape,
  instanceNorm,
  ones,
  zeros,
} from '@nabla/core';

import { Module } from '../module.ts';
import { type Parameter, parameter } from '../parameter.ts';

export interface InstanceNormOptions {
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
  /** Whether there are a learned scale and shift; default false, as in PyTorch. */
  affine?: boolean;
}

/** What the normalizations of sequences and images share. */
abstract class InstanceNorm extends Module {
  readonly weight: Parameter | undefined; // [channels], starts at 1
  readonly bias: Parameter | undefined; // [channels], starts at 0
  readonly channels: number;
  readonly epsilon: number;

  constructor(channels: number, options: InstanceNormOptions) {
    super();
    const op = new.target.name;
    checkOptions(op, options, ['epsilon', 'affine']);
    checkInteger(op, 'channels', channels, { minimum: 1 });
    const { epsilon = 1e-5, affine = false } = options;
    checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
    checkBoolean(op, 'affine', affine);
    this.weight = affine ? parameter(ones([channels])) : undefined;
    this.bias = affine ? parameter(zeros([channels])) : undefined;
    this.channels = channels;
    this.epsilon = epsilon;
  }

  /** Normalizes `x` of `axes` axes. */
  protected normalize(x: Tensor, axes: number): Tensor {
    checkRank(this.constructor.name, 'x', x, axes);
    checkShape(this.constructor.name, 'x', x, ['...batch', this.channels]);
    return instanceNorm(x, this.weight, this.bias, { epsilon: this.epsilon });
  }
}

/**
 * Instance normalization of sequences. See {@link instanceNorm} for the formula. It keeps no running statistics.
 *
 * @example
 * new InstanceNorm1d(1).forward(tensor3d([[[1], [3]]])); // [[[-0.999995], [0.999995]]]
 */
export class InstanceNorm1d extends InstanceNorm {
  constructor(channels: number, options: InstanceNormOptions = {}) {
    super(channels, options);
  }

  /** `[batch, length, channels]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return this.normalize(x, 3);
  }
}

/**
 * Instance normalization of images. See {@link instanceNorm} for the formula. It keeps no running statistics.
 *
 * @example
 * new InstanceNorm2d(3, { affine: true }).forward(ones([2, 4, 4, 3])).shape; // [2, 4, 4, 3]
 */
export class InstanceNorm2d extends InstanceNorm {
  constructor(channels: number, options: InstanceNormOptions = {}) {
    super(channels, options);
  }

  /** `[batch, height, width, channels]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return this.normalize(x, 4);
  }
}

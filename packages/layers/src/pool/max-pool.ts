// SPDX-License-Identifier: Apache-2.0
// Maxima over windows.

import {
  type MaxPoolOptions,
  type PerAxis,
  type Tensor,
  checkMaxPool,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '@nabla/core';

import { Module } from '../module.ts';

/** What the poolings along one to three axes share. */
abstract class MaxPool extends Module {
  readonly kernelSize: PerAxis;
  readonly options: Readonly<MaxPoolOptions>;

  constructor(axes: number, kernelSize: PerAxis, options: MaxPoolOptions) {
    super();
    checkMaxPool(new.target.name, axes, kernelSize, options);
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }
}

/**
 * The largest value of each window along one axis. See {@link maxPool1d}.
 *
 * @example
 * new MaxPool1d(2).forward(tensor3d([[[1], [3], [2], [5]]])); // [[[3], [5]]]
 */
export class MaxPool1d extends MaxPool {
  constructor(kernelSize: PerAxis, options: MaxPoolOptions = {}) {
    super(1, kernelSize, options);
  }

  /** `[batch, length, channels]` → `[batch, outLength, channels]`. */
  override forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this.options);
  }
}

/**
 * The largest value of each window of an image. See {@link maxPool2d} for the formula, the options and the size of the result.
 *
 * @example
 * new MaxPool2d(3, { stride: 2, padding: 1 }).forward(ones([8, 28, 28, 16])).shape; // [8, 14, 14, 16]
 */
export class MaxPool2d extends MaxPool {
  constructor(kernelSize: PerAxis, options: MaxPoolOptions = {}) {
    super(2, kernelSize, options);
  }

  /** `[batch, height, width, channels]` → `[batch, outHeight, outWidth, channels]`. */
  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
}

/**
 * The largest value of each window of a volume. See {@link maxPool3d}.
 *
 * @example
 * new MaxPool3d(2).forward(ones([1, 4, 4, 4, 2])).shape; // [1, 2, 2, 2, 2]
 */
export class MaxPool3d extends MaxPool {
  constructor(kernelSize: PerAxis, options: MaxPoolOptions = {}) {
    super(3, kernelSize, options);
  }

  /** `[batch, depth, height, width, channels]` → `[batch, outDepth, outHeight, outWidth, channels]`. */
  override forward(x: Tensor): Tensor {
    return maxPool3d(x, this.kernelSize, this.options);
  }
}

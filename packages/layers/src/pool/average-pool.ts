// SPDX-License-Identifier: Apache-2.0
// Means over windows.

import {
  type AveragePoolOptions,
  type PerAxis,
  type Tensor,
  averagePool1d,
  averagePool2d,
  averagePool3d,
  checkAveragePool,
} from '@nabla/core';

import { Module } from '../module.ts';

/** What the poolings along one to three axes share. */
abstract class AvgPool extends Module {
  readonly kernelSize: PerAxis;
  readonly options: Readonly<AveragePoolOptions>;

  constructor(axes: number, kernelSize: PerAxis, options: AveragePoolOptions) {
    super();
    checkAveragePool(new.target.name, axes, kernelSize, options);
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }
}

/**
 * The mean of each window along one axis. See {@link averagePool1d}.
 *
 * @example
 * new AvgPool1d(2).forward(tensor3d([[[1], [3], [2], [5]]])); // [[[2], [3.5]]]
 */
export class AvgPool1d extends AvgPool {
  constructor(kernelSize: PerAxis, options: AveragePoolOptions = {}) {
    super(1, kernelSize, options);
  }

  /** `[batch, length, channels]` → `[batch, outLength, channels]`. */
  override forward(x: Tensor): Tensor {
    return averagePool1d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window of an image. See {@link averagePool2d} for the formula, the options and the size of the result.
 *
 * @example
 * new AvgPool2d(2).forward(tensor4d([[[[1], [2]], [[4], [3]]]])); // [[[[2.5]]]]
 */
export class AvgPool2d extends AvgPool {
  constructor(kernelSize: PerAxis, options: AveragePoolOptions = {}) {
    super(2, kernelSize, options);
  }

  /** `[batch, height, width, channels]` → `[batch, outHeight, outWidth, channels]`. */
  override forward(x: Tensor): Tensor {
    return averagePool2d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window of a volume. See {@link averagePool3d}.
 *
 * @example
 * new AvgPool3d(2).forward(ones([1, 4, 4, 4, 2])).shape; // [1, 2, 2, 2, 2]
 */
export class AvgPool3d extends AvgPool {
  constructor(kernelSize: PerAxis, options: AveragePoolOptions = {}) {
    super(3, kernelSize, options);
  }

  /** `[batch, depth, height, width, channels]` → `[batch, outDepth, outHeight, outWidth, channels]`. */
  override forward(x: Tensor): Tensor {
    return averagePool3d(x, this.kernelSize, this.options);
  }
}

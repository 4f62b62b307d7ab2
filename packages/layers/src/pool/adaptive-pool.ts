// SPDX-License-Identifier: Apache-2.0
// Maxima and means over windows that divide the input evenly, so that the result has one size whatever the input's.

import {
  type PerAxis,
  type Tensor,
  adaptiveAveragePool1d,
  adaptiveAveragePool2d,
  adaptiveMaxPool2d,
  perAxis,
} from '@nabla/core';

import { Module } from '../module.ts';

/** What the adaptive poolings share. */
abstract class AdaptivePool extends Module {
  readonly outputSize: PerAxis;

  constructor(axes: number, outputSize: PerAxis) {
    super();
    perAxis(new.target.name, 'outputSize', outputSize, axes, 1);
    this.outputSize = outputSize;
  }
}

/**
 * Means of a sequence in `outputSize` windows. See {@link adaptiveAveragePool1d}.
 *
 * @example
 * new AdaptiveAvgPool1d(2).forward(tensor3d([[[1], [2], [3]]])); // [[[1.5], [2.5]]]
 */
export class AdaptiveAvgPool1d extends AdaptivePool {
  constructor(outputSize: PerAxis) {
    super(1, outputSize);
  }

  /** `[batch, length, channels]` → `[batch, outputSize, channels]`. */
  override forward(x: Tensor): Tensor {
    return adaptiveAveragePool1d(x, this.outputSize);
  }
}

/**
 * Means of an image in `outputSize` windows: with 1, the mean of each channel. See {@link adaptiveAveragePool2d}.
 *
 * @example
 * new AdaptiveAvgPool2d(1).forward(tensor4d([[[[1], [2]], [[4], [3]]]])); // [[[[2.5]]]]
 */
export class AdaptiveAvgPool2d extends AdaptivePool {
  constructor(outputSize: PerAxis) {
    super(2, outputSize);
  }

  /** `[batch, height, width, channels]` → `[batch, ...outputSize, channels]`. */
  override forward(x: Tensor): Tensor {
    return adaptiveAveragePool2d(x, this.outputSize);
  }
}

/**
 * The largest values of an image in `outputSize` windows. See {@link adaptiveMaxPool2d}.
 *
 * @example
 * new AdaptiveMaxPool2d([1, 2]).forward(tensor4d([[[[1], [2], [3]]]])); // [[[[2], [3]]]]
 */
export class AdaptiveMaxPool2d extends AdaptivePool {
  constructor(outputSize: PerAxis) {
    super(2, outputSize);
  }

  /** `[batch, height, width, channels]` → `[batch, ...outputSize, channels]`. */
  override forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}

// SPDX-License-Identifier: Apache-2.0
// Channels to pixels and back, as layers.

import { type Tensor, checkInteger, pixelShuffle, pixelUnshuffle } from '@nabla/core';

import { Module } from '../module.ts';

/**
 * Makes an image `factor` times as high and wide from its channels. See {@link pixelShuffle}.
 *
 * @example
 * new PixelShuffle(2).forward(tensor4d([[[[1, 2, 3, 4]]]])); // [[[[1], [2]], [[3], [4]]]]
 */
export class PixelShuffle extends Module {
  readonly factor: number;

  constructor(factor: number) {
    super();
    checkInteger('PixelShuffle', 'factor', factor, { minimum: 1 });
    this.factor = factor;
  }

  /** `[batch, height, width, channels · factor²]` → `[batch, height · factor, width · factor, channels]`. */
  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.factor);
  }
}

/**
 * Makes channels of the pixels of each block. See {@link pixelUnshuffle}.
 *
 * @example
 * new PixelUnshuffle(2).forward(tensor4d([[[[1], [2]], [[3], [4]]]])); // [[[[1, 2, 3, 4]]]]
 */
export class PixelUnshuffle extends Module {
  readonly factor: number;

  constructor(factor: number) {
    super();
    checkInteger('PixelUnshuffle', 'factor', factor, { minimum: 1 });
    this.factor = factor;
  }

  /** `[batch, height · factor, width · factor, channels]` → `[batch, height, width, channels · factor²]`. */
  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.factor);
  }
}

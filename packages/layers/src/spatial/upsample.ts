// SPDX-License-Identifier: Apache-2.0
// Resizing as a layer.

import { type Tensor, type UpsampleOptions, checkUpsample, upsample } from '@nabla/core';

import { Module } from '../module.ts';

/**
 * Resizes sequences, images and volumes. See {@link upsample} for the modes and options.
 *
 * @example
 * new Upsample({ scaleFactor: 2, mode: 'bilinear' }).forward(ones([8, 14, 14, 3])).shape; // [8, 28, 28, 3]
 */
export class Upsample extends Module {
  readonly options: Readonly<UpsampleOptions>;

  constructor(options: UpsampleOptions = {}) {
    super();
    checkUpsample('Upsample', options);
    this.options = { ...options };
  }

  /** `[batch, ...spatial, channels]` → `[batch, ...outSpatial, channels]`. */
  override forward(x: Tensor): Tensor {
    return upsample(x, this.options);
  }
}

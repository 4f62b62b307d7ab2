// SPDX-License-Identifier: Apache-2.0
// Transposed convolutions with learned weights, along one and two axes.

import {
  type ConvTransposeOptions,
  type Generator,
  type PerAxis,
  type Tensor,
  checkBoolean,
  checkConvTranspose,
  convTranspose1d,
  convTranspose2d,
  perAxis,
} from '@nabla/core';

import { checkDrawingOptions } from '../drawing-options.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { drawWeightAndBias } from '../weight-and-bias.ts';
import { checkGroupedChannels } from './conv.ts';

export interface ConvTransposeLayerOptions extends ConvTransposeOptions {
  /** Draws the initial values. */
  generator: Generator;
  /** Whether a bias is added; default true. */
  bias?: boolean;
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'outputPadding'];

/** What the transposed convolutions share: PyTorch's parameters and initial values. */
abstract class ConvTranspose extends Module {
  readonly weight: Parameter; // [inChannels, outChannels / groups, ...kernel]
  readonly bias: Parameter | undefined; // [outChannels]
  protected readonly options: ConvTransposeOptions;

  constructor(
    axes: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvTransposeLayerOptions,
  ) {
    super();
    const op = new.target.name;
    checkDrawingOptions(op, options, ['bias', ...OPTIONS]);
    const { generator, bias = true, ...windows } = options;
    const { groups = 1 } = windows;
    checkBoolean(op, 'bias', bias);
    const kernel = perAxis(op, 'kernelSize', kernelSize, axes, 1);
    checkConvTranspose(op, kernel, windows);
    checkGroupedChannels(op, inChannels, outChannels, groups);
    const shape = [inChannels, outChannels / groups, ...kernel];
    const initial = drawWeightAndBias(shape, bias ? outChannels : undefined, generator);
    this.weight = initial.weight;
    this.bias = initial.bias;
    this.options = windows;
  }
}

/**
 * Transposed convolution along one axis. See {@link convTranspose1d}, and {@link ConvTranspose2d} for the initial values.
 *
 * @example
 * const layer = new ConvTranspose1d(3, 4, 2, { stride: 2, generator: new Generator(1) });
 * layer.forward(ones([2, 5, 3])).shape; // [2, 10, 4]
 */
export class ConvTranspose1d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options: ConvTransposeLayerOptions) {
    super(1, inChannels, outChannels, kernelSize, options);
  }

  /** `[batch, length, inChannels]` → `[batch, outLength, outChannels]`. */
  override forward(x: Tensor): Tensor {
    return convTranspose1d(x, this.weight, this.bias, this.options);
  }
}

/**
 * Transposed convolution of images. See {@link convTranspose2d}. Weight and bias start uniform in `±1 / sqrt(n)`, n being
 * outChannels / groups times the elements of the kernel, as in PyTorch.
 *
 * @example
 * const layer = new ConvTranspose2d(8, 3, 4, { stride: 2, padding: 1, generator: new Generator(1) });
 * layer.forward(ones([2, 16, 16, 8])).shape; // [2, 32, 32, 3]
 */
export class ConvTranspose2d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options: ConvTransposeLayerOptions) {
    super(2, inChannels, outChannels, kernelSize, options);
  }

  /** `[batch, height, width, inChannels]` → `[batch, outHeight, outWidth, outChannels]`. */
  override forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}

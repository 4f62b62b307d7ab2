// SPDX-License-Identifier: Apache-2.0
// Convolutions with learned weights, along one, two and three axes.

import {
  ACTIVATIONS,
  type Activation,
  ArgumentError,
  type ConvOptions,
  type ConvolutionOptions,
  type Generator,
  type PerAxis,
  type Tensor,
  checkBoolean,
  checkConvolution,
  checkInteger,
  checkOneOf,
  conv1d,
  conv2d,
  conv3d,
  perAxis,
} from '@nabla/core';

import { checkDrawingOptions } from '../drawing-options.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { drawWeightAndBias } from '../weight-and-bias.ts';

export interface ConvLayerOptions extends ConvolutionOptions {
  /** Draws the initial values. */
  generator: Generator;
  /** Whether a bias is added; default true. */
  bias?: boolean;
  /** Applied to the result, in the same pass; default `none`. */
  activation?: Activation;
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'activation'];

/**
 * Checks channels and groups of a convolution's layer.
 *
 * @throws {ArgumentError} the groups do not divide the channels
 */
export function checkGroupedChannels(op: string, inChannels: number, outChannels: number, groups: number): void {
  checkInteger(op, 'inChannels', inChannels, { minimum: 1 });
  checkInteger(op, 'outChannels', outChannels, { minimum: 1 });
  checkInteger(op, 'groups', groups, { minimum: 1 });
  if (inChannels % groups === 0 && outChannels % groups === 0) return;
  const expected = `to divide inChannels ${inChannels} and outChannels ${outChannels}`;
  throw new ArgumentError({ op, argument: 'groups', expected, received: String(groups) });
}

/** What the convolutions share: PyTorch's parameters and initial values. */
abstract class Conv extends Module {
  readonly weight: Parameter; // [outChannels, inChannels / groups, ...kernel]
  readonly bias: Parameter | undefined; // [outChannels]
  protected readonly options: ConvOptions;

  constructor(axes: number, inChannels: number, outChannels: number, kernelSize: PerAxis, options: ConvLayerOptions) {
    super();
    const op = new.target.name;
    checkDrawingOptions(op, options, ['bias', ...OPTIONS]);
    const { generator, bias = true, ...windows } = options;
    const { groups = 1 } = windows;
    checkBoolean(op, 'bias', bias);
    const kernel = perAxis(op, 'kernelSize', kernelSize, axes, 1);
    checkConvolution(op, kernel, windows, OPTIONS);
    checkOneOf(op, 'activation', windows.activation ?? 'none', ACTIVATIONS);
    checkGroupedChannels(op, inChannels, outChannels, groups);
    const shape = [outChannels, inChannels / groups, ...kernel];
    const initial = drawWeightAndBias(shape, bias ? outChannels : undefined, generator);
    this.weight = initial.weight;
    this.bias = initial.bias;
    this.options = windows;
  }
}

/**
 * Convolution along one axis. See {@link conv1d}, and {@link Conv2d} for the initial values.
 *
 * @example
 * const layer = new Conv1d(3, 4, 3, { padding: 1, generator: new Generator(1) });
 * layer.forward(ones([2, 10, 3])).shape; // [2, 10, 4]
 */
export class Conv1d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options: ConvLayerOptions) {
    super(1, inChannels, outChannels, kernelSize, options);
  }

  /** `[batch, length, inChannels]` → `[batch, outLength, outChannels]`. */
  override forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.options);
  }
}

/**
 * Convolution of images. See {@link conv2d}. Weight and bias start uniform in `±1 / sqrt(inputs)`, `inputs` being what one output
 * is computed from: inChannels / groups times the elements of the kernel, as in PyTorch.
 *
 * @example
 * const layer = new Conv2d(3, 8, 3, { padding: 1, activation: 'relu', generator: new Generator(1) });
 * layer.forward(ones([2, 32, 32, 3])).shape; // [2, 32, 32, 8]
 */
export class Conv2d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options: ConvLayerOptions) {
    super(2, inChannels, outChannels, kernelSize, options);
  }

  /** `[batch, height, width, inChannels]` → `[batch, outHeight, outWidth, outChannels]`. */
  override forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }
}

/**
 * Convolution along three axes. See {@link conv3d}, and {@link Conv2d} for the initial values.
 *
 * @example
 * const layer = new Conv3d(1, 2, [1, 3, 3], { generator: new Generator(1) });
 * layer.forward(ones([2, 4, 5, 5, 1])).shape; // [2, 4, 3, 3, 2]
 */
export class Conv3d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options: ConvLayerOptions) {
    super(3, inChannels, outChannels, kernelSize, options);
  }

  /** `[batch, depth, height, width, inChannels]` → `[batch, outDepth, outHeight, outWidth, outChannels]`. */
  override forward(x: Tensor): Tensor {
    return conv3d(x, this.weight, this.bias, this.options);
  }
}

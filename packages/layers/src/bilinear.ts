// SPDX-License-Identifier: Apache-2.0
// The bilinear map with learned weights.

import {
  type Generator,
  type Tensor,
  add,
  checkBoolean,
  checkFloat,
  checkInteger,
  checkShape,
  linear,
  matMul,
  reshape,
  uniform,
} from '@nabla/core';

import { checkDrawingOptions } from './drawing-options.ts';
import { Module } from './module.ts';
import { type Parameter, parameter } from './parameter.ts';

export interface BilinearOptions {
  /** Draws the initial values. */
  generator: Generator;
  /** Whether a bias is added; default true. */
  bias?: boolean;
}

/**
 * `y[o] = x1ᵀ · weight[o] · x2 + bias[o]`: every product of a feature of x1 and one of x2 counts.
 * Weight and bias start uniform in `±1 / sqrt(inputs1)`, as in PyTorch.
 *
 * @example
 * const layer = new Bilinear(3, 4, 2, { generator: new Generator(1) });
 * layer.forward(ones([5, 3]), ones([5, 4])).shape; // [5, 2]
 */
export class Bilinear extends Module {
  readonly weight: Parameter; // [outputs, inputs1, inputs2]
  readonly bias: Parameter | undefined; // [outputs]

  constructor(inputs1: number, inputs2: number, outputs: number, options: BilinearOptions) {
    super();
    checkDrawingOptions('Bilinear', options, ['bias']);
    checkInteger('Bilinear', 'inputs1', inputs1, { minimum: 1 });
    checkInteger('Bilinear', 'inputs2', inputs2, { minimum: 1 });
    checkInteger('Bilinear', 'outputs', outputs, { minimum: 1 });
    const { generator, bias = true } = options;
    checkBoolean('Bilinear', 'bias', bias);
    const limits = { low: -1 / Math.sqrt(inputs1), high: 1 / Math.sqrt(inputs1) };
    this.weight = parameter(uniform([outputs, inputs1, inputs2], generator, limits));
    this.bias = bias ? parameter(uniform([outputs], generator, limits)) : undefined;
  }

  /**
   * `[...batch, inputs1]` and `[...batch, inputs2]` → `[...batch, outputs]`.
   *
   * @throws {ShapeError} the inputs do not have these shapes, with one batch for both
   */
  override forward(x1: Tensor, x2: Tensor): Tensor {
    const [outputs = 0, inputs1 = 0, inputs2 = 0] = this.weight.shape;
    checkFloat('Bilinear', { x1, x2 });
    checkShape('Bilinear', 'x1', x1, ['...batch', inputs1]);
    const batch = x1.shape.slice(0, -1);
    checkShape('Bilinear', 'x2', x2, [...batch, inputs2], 'Both inputs must have the same batch.');
    const rows = batch.reduce((size, length) => size * length, 1);
    // The map of x1 that each row of x2 makes of the weight, then applied to x1.
    const flat = reshape(this.weight, [outputs * inputs1, inputs2]);
    const maps = reshape(linear(x2, flat), [rows, outputs, inputs1]); // [rows, outputs, inputs1]
    const products = matMul(maps, reshape(x1, [rows, inputs1, 1])); // [rows, outputs, 1]
    const y = reshape(products, [...batch, outputs]);
    return this.bias === undefined ? y : add(y, this.bias);
  }
}

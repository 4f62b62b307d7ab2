// SPDX-License-Identifier: Apache-2.0
// Random zeros while training.

import { type Generator, type Tensor, checkNumber, dropout } from '@nabla/core';

import { checkDrawingOptions } from './drawing-options.ts';
import { Module } from './module.ts';

export interface DropoutOptions {
  /** Draws which elements are dropped. */
  generator: Generator;
}

/**
 * While training, zeroes each element with the given probability and scales the rest by `1 / (1 - probability)`;
 * in evaluation, returns its input. See {@link dropout}.
 *
 * @example
 * new Dropout(0.5, { generator: new Generator(1) }).eval().forward(ones([2])); // [1, 1]
 */
export class Dropout extends Module {
  readonly probability: number;
  readonly generator: Generator;

  constructor(probability: number, options: DropoutOptions) {
    super();
    checkDrawingOptions('Dropout', options);
    checkNumber('Dropout', 'probability', probability, { minimum: 0, below: 1 });
    this.probability = probability;
    this.generator = options.generator;
  }

  /** Any shape → the same shape. */
  override forward(x: Tensor): Tensor {
    if (!this.training || this.probability === 0) return x;
    return dropout(x, { probability: this.probability, generator: this.generator });
  }
}

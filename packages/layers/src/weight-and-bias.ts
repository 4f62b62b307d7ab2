// SPDX-License-Identifier: Apache-2.0
// The initial weight and bias of linear maps and convolutions.

import { type Generator, uniform } from '@nabla/core';

import { type Parameter, parameter } from './parameter.ts';

/**
 * A weight, and a bias where there is one, uniform in `±1 / sqrt(n)`, as in PyTorch: n is the number of elements behind the
 * weight's first axis.
 *
 * @param biases  elements of the bias; undefined for none
 */
export function drawWeightAndBias(
  shape: readonly number[],
  biases: number | undefined,
  generator: Generator,
): { weight: Parameter; bias: Parameter | undefined } {
  const bound = 1 / Math.sqrt(shape.slice(1).reduce((product, length) => product * length, 1));
  const draw = (sizes: readonly number[]): Parameter =>
    parameter(uniform(sizes, generator, { low: -bound, high: bound }));
  return { weight: draw(shape), bias: biases === undefined ? undefined : draw([biases]) };
}

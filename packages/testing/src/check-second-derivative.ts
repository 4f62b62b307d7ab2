// SPDX-License-Identifier: Apache-2.0
// Checks the second derivatives of a function against finite differences of its gradients.

import { type Tensor, concat, mul, reshape, square, sum, valueAndGrad } from '@nabla/core';
import { type CheckGradientOptions, type TensorFunction, checkGradient } from './check-gradient.ts';
import { randomTensor } from './random-tensor.ts';

/**
 * Checks the gradients of `sum(f(...inputs)² * weights)`, for fixed random weights, with respect to every float32 input, as
 * {@link checkGradient} checks a function: the square makes what comes back to `f` depend on the inputs too.
 *
 * @param inputs  tensors, or shapes of standard normal tensors to draw
 * @throws {Error} naming input and element, with both values
 * @example
 * checkSecondDerivative(gelu, [[3, 17]], { seed: 1 });
 */
export function checkSecondDerivative(
  f: TensorFunction,
  inputs: readonly (Tensor | readonly number[])[],
  { seed }: Pick<CheckGradientOptions, 'seed'>,
): void {
  const gradients: TensorFunction = (...given) => {
    const loss = (): Tensor => {
      const squares = square(f(...given));
      return sum(mul(squares, randomTensor(squares.shape, { seed: seed + 100 })));
    };
    const sources = given.filter(({ dtype }) => dtype === 'float32');
    return concat(valueAndGrad(loss, sources).gradients.map((gradient) => reshape(gradient, [-1])));
  };
  checkGradient(gradients, inputs, { seed });
}

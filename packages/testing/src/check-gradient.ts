// SPDX-License-Identifier: Apache-2.0
// Checks the gradient of a function against finite differences, and against the gradient of its plain formula.

import { Tensor, type Variable, dispose, scope, tensor, variable } from '@nabla/core';
import { assertClose } from './compare-tensors.ts';
import { weightedGradients } from './gradients.ts';
import { randomTensor } from './random-tensor.ts';
import { indexAt } from './tensor-values.ts';
import { type Tolerance, tolerance } from './tolerances.ts';

/** A differentiable function of tensors. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor;

/** What else is known about the function. */
export interface CheckGradientOptions {
  /** Of the inputs given by their shapes, and of the weights of the sum. */
  readonly seed: number;
  /** The formula op by op: it must have the same value and the same gradient. */
  readonly plain?: TensorFunction;
  /** Of the comparison with `plain`; default: a sum of 64 products. */
  readonly tolerance?: Tolerance;
}

/**
 * Checks the gradient of `sum(f(...inputs) * weights)`, for fixed random weights, with respect to every float32 input:
 * against central differences, and against the gradient of `plain` where there is one.
 *
 * A kink of `f` near a random input spoils its differences: take another seed, or give inputs that keep away from it.
 *
 * @param inputs  tensors, or shapes of standard normal tensors to draw
 * @throws {Error} naming input and element, with both values
 * @example
 * checkGradient(gelu, [[3, 17]], { plain: plainGelu, seed: 1 });
 */
export function checkGradient(
  f: TensorFunction,
  inputs: readonly (Tensor | readonly number[])[],
  { seed, plain, tolerance: limit = tolerance('matmul', 64) }: CheckGradientOptions,
): void {
  const variables: Variable[] = [];
  try {
    scope(() => {
      const values = inputs.map((input, i) =>
        input instanceof Tensor ? input : randomTensor(input, { seed: seed + i }),
      );
      const watched = values.map((x) => (x.dtype === 'float32' ? variable(x) : x));
      variables.push(...watched.filter((x, i): x is Variable => values[i] !== x));
      const output = f(...watched);
      const weights = randomTensor(output.shape, { seed: seed + inputs.length });
      const analytic = weightedGradients(() => f(...watched), weights, variables);
      let next = 0;
      watched.forEach((x, position) => {
        if (values[position] === x) return;
        checkDifferences(f, values, position, weights.dataSync<'float32'>(), analytic[next++].dataSync<'float32'>());
      });
      if (plain === undefined) return;
      assertClose('value against the plain formula', output, plain(...watched), limit);
      const expected = weightedGradients(() => plain(...watched), weights, variables);
      variables.forEach((_, i) =>
        assertClose(`gradient ${i} against the plain formula`, analytic[i], expected[i], limit),
      );
    });
  } finally {
    dispose(variables);
  }
}

// What a difference of float32 outputs may miss the derivative by, relative to the largest gradient of the input.
const ALLOWED = 2e-4;

// Steps relative to the element's magnitude, powers of 2 so that x + step is exact; a kink is met by the larger ones first.
const STEPS = [2 ** -5, 2 ** -7, 2 ** -9];

function checkDifferences(
  f: TensorFunction,
  inputs: readonly Tensor[],
  position: number,
  weights: ArrayLike<number>,
  analytic: ArrayLike<number>,
): void {
  const { shape } = inputs[position];
  const values = inputs[position].dataSync<'float32'>().slice();
  const evaluate = (offset: number, value: number): Float32Array =>
    scope(() => {
      const moved = values.slice();
      moved[offset] = value;
      const replaced = inputs.map((input, i) => (i === position ? tensor(moved, shape, 'float32') : input));
      return f(...replaced).dataSync<'float32'>();
    });
  const largest = Array.from(analytic).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  values.forEach((value, offset) => {
    const numeric = derivative((x) => evaluate(offset, x), value, weights);
    if (Math.abs(numeric - analytic[offset]) <= ALLOWED * largest) return;
    const where = `input ${position}, element [${indexAt(offset, shape).join(', ')}] = ${value}`;
    throw new Error(`gradient of ${where}: ${analytic[offset]}, but finite differences give ${numeric}`);
  });
}

/**
 * The derivative of `sum(weights * f(x))`, all sums in float64. Two central differences are combined so that the error
 * falls with the fourth power of the step; of several steps, the one whose differences agree best is taken.
 */
function derivative(f: (x: number) => Float32Array, x: number, weights: ArrayLike<number>): number {
  const scale = 2 ** Math.ceil(Math.log2(Math.max(1, Math.abs(x))));
  let best = { value: NaN, disagreement: Infinity };
  for (const step of STEPS.map((relative) => relative * scale)) {
    const near = centralDifference(f, x, step, weights);
    const far = centralDifference(f, x, 2 * step, weights);
    const disagreement = Math.abs(near - far) / 3;
    if (disagreement < best.disagreement) best = { value: near + (near - far) / 3, disagreement };
  }
  return best.value;
}

function centralDifference(
  f: (x: number) => Float32Array,
  x: number,
  step: number,
  weights: ArrayLike<number>,
): number {
  const [low, high] = [Math.fround(x - step), Math.fround(x + step)];
  const [below, above] = [f(low), f(high)];
  let difference = 0;
  for (let i = 0; i < above.length; i++) difference += weights[i] * (above[i] - below[i]);
  return difference / (high - low);
}

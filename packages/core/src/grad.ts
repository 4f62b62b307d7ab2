// SPDX-License-Identifier: Apache-2.0
// Gradients of functions as functions of the same inputs: grad and grads.

import { differentiate, recording } from './autodiff.ts';
import { checkFloat, checkInteger, checkShape, checkSynchronous } from './check.ts';
import { ArgumentError } from './errors.ts';
import { scope } from './memory.ts';
import type { Tensor } from './tf.ts';

/**
 * The function that gives the gradient of `f` at its input: of the sum of all elements of `f(x)`, or of the sum of `f(x) * gradOut`.
 * Once more applied it gives derivatives of higher order. Everything that `f` makes is freed; the gradient belongs to the caller.
 * For the value too, and for parameters that `f` uses but is not given, there is {@link valueAndGrad}.
 *
 * @param f  from one tensor to another, float32; called each time that the gradient is
 * @returns  a function of `x`, float32 of any shape, and optionally of `gradOut`, of the shape of `f(x)`
 * @throws {ShapeError} by the function returned: `gradOut` has another shape than `f(x)`
 * @throws {DTypeError} by the function returned: `x`, `f(x)` or `gradOut` is not float32
 * @throws {ArgumentError} by the function returned: `f` does not use its input (code `UNUSED`), or returns a promise (code `ASYNC`)
 * @see tfjs' tf.grad and JAX's jax.grad
 * @example
 * const slope = grad((x) => pow(x, 3));
 * slope(tensor1d([1, 2])); // [3, 12]
 * grad(slope)(tensor1d([1, 2])); // [6, 12]
 */
export function grad<Input extends Tensor>(f: (x: Input) => Tensor): (x: Input, gradOut?: Tensor) => Tensor {
  return (x, gradOut) => gradientsBy('grad', f, [x], gradOut)[0];
}

/**
 * {@link grad} of a function of several tensors: the gradient by each of them. A tensor that is given twice, or that `f` uses
 * from elsewhere besides, has the gradient of all its uses.
 *
 * @param f  from tensors to one, float32; called each time that the gradients are
 * @returns  a function of the inputs as a list, float32, and optionally of `gradOut`, of the shape of `f(...inputs)`
 * @throws {ShapeError} by the function returned: `gradOut` has another shape than the result of `f`
 * @throws {DTypeError} by the function returned: an input, the result of `f` or `gradOut` is not float32
 * @throws {ArgumentError} by the function returned: `f` does not use an input (code `UNUSED`), or returns a promise (code `ASYNC`)
 * @see tfjs' tf.grads and JAX's jax.grad
 * @example
 * grads((x, y) => mul(x, square(y)))([scalar(2), scalar(3)]); // [9, 12]
 */
export function grads<Inputs extends readonly Tensor[]>(
  f: (...inputs: Inputs) => Tensor,
): (inputs: readonly [...Inputs], gradOut?: Tensor) => Tensor[] {
  return (inputs, gradOut) => gradientsBy('grads', f, inputs, gradOut);
}

function gradientsBy<Inputs extends readonly Tensor[]>(
  op: string,
  f: (...inputs: Inputs) => Tensor,
  inputs: readonly [...Inputs],
  gradOut: Tensor | undefined,
): Tensor[] {
  checkInteger(op, 'the number of inputs', inputs.length, { minimum: 1 });
  inputs.forEach((input, i) => checkFloat(op, { [`input ${i}`]: input }));
  const run = (): Tensor => {
    const result = f(...(inputs as Inputs));
    checkSynchronous(op, 'f', result, 'Await first, then compute.');
    checkFloat(op, { 'the result of f': result });
    if (gradOut !== undefined) checkGradOut(op, gradOut, result);
    return result;
  };
  return recording(() =>
    scope(() => {
      const { found } = differentiate(run, inputs, gradOut);
      return found.map((gradient, i) => gradient ?? unused(op, i));
    }),
  );
}

function checkGradOut(op: string, gradOut: Tensor, { shape }: Tensor): void {
  checkFloat(op, { gradOut });
  checkShape(op, 'gradOut', gradOut, shape, 'It must have the shape of the result of f.');
}

function unused(op: string, input: number): never {
  const hint = 'Leave it out, or take gradients of zeros: valueAndGrad with { allowUnused: true }.';
  const [expected, received] = ['to contribute to the result of f', `none from input ${input}`];
  throw new ArgumentError({ op, argument: 'every input', expected, received, hint }, 'UNUSED');
}

// SPDX-License-Identifier: Apache-2.0
// A limit for every element of many gradients: checks, the plain formula, the fused kernel.

import { checkFloat } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { type Tensor, clipByValue } from '../tf.ts';
import { unshare } from './in-place.ts';
import { runKernel } from './run.ts';

/**
 * Limits every element of all gradients, in place: `g ← min(max(g, -maximum), maximum)`. A NaN stays.
 *
 * A gradient that shares its memory with another tensor is given memory of its own: the other keeps its values.
 *
 * @param gradients  any shapes, float32; changed
 * @param maximum    > 0; Infinity changes nothing
 * @returns          the tensors that were given, with new values
 * @throws {DTypeError} a gradient is not float32
 * @throws {ArgumentError} `maximum` is not a number > 0
 * @see Mikolov 2012, https://www.fit.vutbr.cz/~imikolov/rnnlm/thesis.pdf. {@link clipByGlobalNorm} keeps the direction; this does not.
 * @example
 * clipGradientsByValue([tensor1d([3, -0.5]), tensor1d([-4])], 1); // [[1, -0.5], [-1]]
 */
export function clipGradientsByValue(gradients: readonly Tensor[], maximum: number): Tensor[] {
  const op = 'clipGradientsByValue';
  if (!(maximum > 0)) {
    const received = String(maximum);
    throw new ArgumentError({ op, argument: 'maximum', expected: 'to be a number > 0', received });
  }
  gradients.forEach((gradient, i) => checkFloat(op, { [`gradients[${i}]`]: gradient }));
  if (maximum !== Infinity) {
    const distinct = [...new Set(gradients)];
    unshare(distinct);
    runKernel('NablaClipByValue', distinct, { maximum });
  }
  return [...gradients];
}

/** The formula of {@link clipGradientsByValue}, op by op; the given gradients stay as they are. */
export function plainClipGradientsByValue(gradients: readonly Tensor[], maximum: number): Tensor[] {
  return gradients.map((gradient) => clipByValue(gradient, -maximum, maximum));
}

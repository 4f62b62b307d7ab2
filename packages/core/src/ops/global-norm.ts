// SPDX-License-Identifier: Apache-2.0
// The norm of many tensors as one vector, and its limit: checks, the plain formulas, the fused kernels.

import { checkFloat } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { type Scalar, type Tensor, add, div, minimum, mul, scalar, sqrt, square, sum } from '../tf.ts';
import { unshare } from './in-place.ts';
import { runKernel, runKernelForOne } from './run.ts';

/**
 * The Euclidean norm of all elements of all tensors: `sqrt(sum x^2)`. It has no gradient.
 *
 * @param tensors  any shapes, float32; none at all have norm 0
 * @throws {DTypeError} one of them is not float32
 * @example
 * globalNorm([tensor1d([3]), tensor2d([[0, 4]])]); // 5
 */
export function globalNorm(tensors: readonly Tensor[]): Scalar {
  tensors.forEach((tensor, i) => checkFloat('globalNorm', { [`tensors[${i}]`]: tensor }));
  return runKernelForOne('NablaGlobalNorm', tensors) as Scalar;
}

/** The formula of {@link globalNorm}, op by op. */
export function plainGlobalNorm(tensors: readonly Tensor[]): Scalar {
  return sqrt(tensors.map((tensor) => sum(square(tensor))).reduce((a, b) => add(a, b), scalar(0))) as Scalar;
}

/** What {@link clipByGlobalNorm} gives. */
export interface ClippedGradients {
  /** The tensors that were given, with new values. */
  readonly gradients: Tensor[];
  /** Their norm before. */
  readonly norm: Scalar;
}

/**
 * Limits the norm of all gradients together, in place: `g ← g * min(1, maximumNorm / (norm + 1e-6))`. With a norm that is
 * NaN, all gradients become NaN.
 *
 * A gradient that shares its memory with another tensor is given memory of its own: the other keeps its values.
 *
 * @param gradients    any shapes, float32; changed. One that is listed twice counts twice and is changed once
 * @param maximumNorm  > 0; Infinity changes nothing
 * @throws {DTypeError} a gradient is not float32
 * @throws {ArgumentError} `maximumNorm` is not a number > 0
 * @see Pascanu, Mikolov & Bengio 2013, https://arxiv.org/abs/1211.5063. The 1e-6 is PyTorch's.
 * @example
 * clipByGlobalNorm([tensor1d([3]), tensor1d([4])], 1).gradients; // [[0.6], [0.8]]
 */
export function clipByGlobalNorm(gradients: readonly Tensor[], maximumNorm: number): ClippedGradients {
  if (!(maximumNorm > 0)) {
    const received = String(maximumNorm);
    throw new ArgumentError({
      op: 'clipByGlobalNorm',
      argument: 'maximumNorm',
      expected: 'to be a number > 0',
      received,
    });
  }
  gradients.forEach((gradient, i) => checkFloat('clipByGlobalNorm', { [`gradients[${i}]`]: gradient }));
  const norm = globalNorm(gradients);
  if (maximumNorm !== Infinity) {
    const distinct = [...new Set(gradients)];
    unshare(distinct);
    runKernel('NablaClipByGlobalNorm', [norm, ...distinct], { maximum: maximumNorm });
  }
  return { gradients: [...gradients], norm };
}

/** The formula of {@link clipByGlobalNorm}, op by op; the given gradients stay as they are. */
export function plainClipByGlobalNorm(gradients: readonly Tensor[], maximumNorm: number): ClippedGradients {
  const norm = plainGlobalNorm(gradients);
  const coefficient = minimum(1, div(maximumNorm, add(norm, 1e-6)));
  return { gradients: gradients.map((gradient) => mul(gradient, coefficient)), norm };
}

// SPDX-License-Identifier: Apache-2.0
// Dropout: checks, the plain formula, the fused kernel and its gradient.

import type { DropoutAttributes } from '../backend/definitions/dropout.ts';
import { checkFloat, checkNumber, checkOptions } from '../check.ts';
import { type Generator, blocksFor } from '../random.ts';
import { type Tensor, cast, clone, greaterEqual, mul, zerosLike } from '../tf.ts';
import { defineGradient, runFused } from './run.ts';

export interface DropoutOptions {
  /** Of dropping an element, 0 to 1; default 0.5. */
  probability?: number;
  /** Draws which elements are dropped. */
  generator: Generator;
}

/**
 * Sets elements to 0 at random, each with `probability`, and divides the others by `1 - probability`, so that their expected
 * value stays. The gradient flows through the elements that were kept.
 *
 * The mask is never stored: seed and position in the generator's stream say which elements are kept.
 *
 * @param x        any shape, float32
 * @param options  `probability`: 0 to 1, default 0.5 · `generator`: draws the mask
 * @returns        the same shape
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} `probability` is not a number from 0 to 1
 * @see Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
 * @example
 * dropout(ones([4]), { probability: 0.5, generator: new Generator(7) }); // [2, 2, 0, 0]
 */
export function dropout(x: Tensor, options: DropoutOptions): Tensor {
  checkOptions('dropout', options, ['probability', 'generator']);
  checkFloat('dropout', { x });
  const { probability = 0.5, generator } = options;
  checkNumber('dropout', 'probability', probability, { minimum: 0, maximum: 1 });
  if (probability === 0) return clone(x);
  const { seed } = generator;
  const offset = generator.next(blocksFor(x.size));
  return runFused('NablaDropout', { x }, { probability, seed, offset });
}

/** The formula of {@link dropout}, op by op; draws the same mask. */
export function plainDropout(x: Tensor, { probability = 0.5, generator }: DropoutOptions): Tensor {
  if (probability === 0) return clone(x);
  const kept = cast(greaterEqual(generator.uniform(x.shape), probability), 'float32');
  return probability === 1 ? zerosLike(x) : mul(mul(x, 1 / (1 - probability)), kept);
}

defineGradient<DropoutAttributes>({
  kernelName: 'NablaDropout',
  savedInputs: [],
  gradient: (gradOut, _, attributes) => ({ x: runFused('NablaDropout', { x: gradOut }, attributes) }),
});

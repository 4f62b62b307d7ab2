// SPDX-License-Identifier: Apache-2.0
// Uniform numbers.

import { checkOptions } from '../check.ts';
import type { Generator } from '../random.ts';
import type { Tensor } from '../tf.ts';

export interface UniformOptions {
  /** The smallest value; default 0. */
  readonly low?: number;
  /** Above all values; default 1. */
  readonly high?: number;
}

/**
 * Uniform numbers in `[low, high)`.
 *
 * @see PyTorch, torch.nn.init.uniform_
 */
export function uniform(shape: readonly number[], generator: Generator, options: UniformOptions = {}): Tensor {
  checkOptions('uniform', options, ['low', 'high']);
  return generator.uniform(shape, options.low, options.high);
}

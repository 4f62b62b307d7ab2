// SPDX-License-Identifier: Apache-2.0
// Normally distributed numbers.

import { checkOptions } from '../check.ts';
import type { Generator } from '../random.ts';
import type { Tensor } from '../tf.ts';

export interface NormalOptions {
  /** Default 0. */
  readonly mean?: number;
  /** >= 0; default 1. */
  readonly standardDeviation?: number;
}

/**
 * Normally distributed numbers.
 *
 * @see PyTorch, torch.nn.init.normal_
 */
export function normal(shape: readonly number[], generator: Generator, options: NormalOptions = {}): Tensor {
  checkOptions('normal', options, ['mean', 'standardDeviation']);
  return generator.normal(shape, options.mean, options.standardDeviation);
}

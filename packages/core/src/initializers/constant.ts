// SPDX-License-Identifier: Apache-2.0
// The same value everywhere.

import { checkNumber, checkOptions, checkSizes } from '../check.ts';
import { type Tensor, fill } from '../tf.ts';
import type { Generator } from '../random.ts';

export interface ConstantOptions {
  /** Default 0. */
  readonly value?: number;
}

/**
 * `value` everywhere. Draws nothing from the generator, which it takes to be interchangeable with the other initializers.
 *
 * @example
 * constant([2], new Generator(0), { value: 3 }); // [3, 3]
 */
export function constant(shape: readonly number[], _generator: Generator, options: ConstantOptions = {}): Tensor {
  checkOptions('constant', options, ['value']);
  checkSizes('constant', 'shape', shape);
  const { value = 0 } = options;
  checkNumber('constant', 'value', value);
  return fill([...shape], value, 'float32');
}

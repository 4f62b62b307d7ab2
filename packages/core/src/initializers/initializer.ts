// SPDX-License-Identifier: Apache-2.0
// What every initializer is: a function that makes the first value of a parameter.

import type { Generator } from '../random.ts';
import type { Tensor } from '../tf.ts';

/** Makes a float32 tensor of `shape`, drawing from `generator`; the same generator state gives the same values. */
export type Initializer<Options extends object = object> = (
  shape: readonly number[],
  generator: Generator,
  options?: Options,
) => Tensor;

// SPDX-License-Identifier: Apache-2.0
// Trainable tensors and other tensors that belong to a module's state.

import type { Variable } from '@nabla/core';
import { type Tensor, variable } from '@nabla/core';

/** A trainable tensor: what optimizers update. Its name is the path of fields that leads to it from a module. */
export type Parameter = Variable;

/**
 * Makes a parameter that starts at `initial`, which it takes over.
 *
 * @example
 * parameter(zeros([2])).trainable; // true
 */
export function parameter(initial: Tensor): Parameter {
  return takeOver(initial, true);
}

/** Makes a tensor that is saved with its module but not trained, such as a running mean. Takes `initial` over. */
export function buffer(initial: Tensor): Variable {
  return takeOver(initial, false);
}

function takeOver(initial: Tensor, trainable: boolean): Variable {
  const made = variable(initial, trainable);
  initial.dispose();
  return made;
}

// SPDX-License-Identifier: Apache-2.0
// What tensors are called in errors.

import { type Tensor, Variable } from './tf.ts';

const names = new WeakMap<Tensor, string>();

/**
 * Says what a tensor is called in errors, such as `encoder.0.weight`. Of several names the longest stays: as the outermost module calls it.
 *
 * @example
 * const w = variable(scalar(3));
 * nameTensor(w, 'head.weight');
 * nameOfTensor(w); // "head.weight"
 */
export function nameTensor(tensor: Tensor, name: string): void {
  if (name.length > (names.get(tensor)?.length ?? 0)) names.set(tensor, name);
}

/** What a tensor is called, where somebody has said so: {@link nameTensor}, or who made the variable. */
export function nameOfTensor(tensor: Tensor): string | undefined {
  const given = tensor instanceof Variable && !isAutomatic(tensor.name) ? tensor.name : undefined;
  return names.get(tensor) ?? given;
}

/** tfjs numbers variables that are made without a name. */
function isAutomatic(name: string): boolean {
  return /^\d+$/.test(name);
}

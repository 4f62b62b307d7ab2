// SPDX-License-Identifier: Apache-2.0
// Adds to a tensor whose values nobody wants any more: total + part.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';

export interface AddIntoInputs {
  readonly total: TensorInfo; // any shape, float32; its values are undefined afterwards
  readonly part: TensorInfo; // of the same shape, float32
}

/** → [sum, of the same shape] */
const addInto = definition<AddIntoInputs, object>('NablaAddInto', ({ total, part }, _, backend) => {
  const added = backend.floats(part);
  const sum = backend.floats(total).map((value, i) => value + added[i]);
  return [backend.make(total.shape, 'float32', sum)];
});

export const addIntoDefinitions: readonly KernelConfig[] = [addInto];

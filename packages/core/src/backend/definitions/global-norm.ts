// SPDX-License-Identifier: Apache-2.0
// The norm of many tensors as one vector, and its limit, in TypeScript; see native/src/kernels/global_norm.h for the formulas.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';

const { fround, sqrt } = Math;

export interface ClipAttributes {
  readonly maximum: number;
}

/** → norm `[]` */
const globalNorm = definition<readonly TensorInfo[], object>('NablaGlobalNorm', (tensors, _, backend) => {
  let total = 0;
  for (const tensor of tensors) for (const value of backend.floats(tensor)) total += value * value;
  return backend.make([], 'float32', Float32Array.of(sqrt(total)));
});

/** Inputs: the norm, then the tensors to change. */
const clipByGlobalNorm = definition<readonly TensorInfo[], ClipAttributes>(
  'NablaClipByGlobalNorm',
  ([norm, ...tensors], { maximum }, backend) => {
    const coefficient = fround(maximum / fround(backend.floats(norm)[0] + 1e-6));
    if (coefficient >= 1) return [];
    for (const tensor of tensors)
      backend.replace(
        tensor,
        backend.floats(tensor).map((value) => coefficient * value),
      );
    return [];
  },
);

export const globalNormDefinitions: readonly KernelConfig[] = [globalNorm, clipByGlobalNorm];

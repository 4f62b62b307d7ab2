// SPDX-License-Identifier: Apache-2.0
// Dropout in TypeScript; see native/src/kernels/dropout.h for the formula.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import { fillKept } from './random.ts';

export interface DropoutAttributes {
  readonly probability: number; // of dropping an element, 0 to 1
  readonly seed: number;
  readonly offset: number; // the first block
}

const dropout = definition<{ x: TensorInfo }, DropoutAttributes>(
  'NablaDropout',
  ({ x }, { probability, seed, offset }, backend) => {
    const input = backend.floats(x);
    const scale = Math.fround(1 / (1 - probability));
    const out = new Float32Array(input.length);
    fillKept(out, seed, offset, probability);
    for (let i = 0; i < out.length; i++) if (out[i] !== 0) out[i] = input[i] * scale;
    return backend.make(x.shape, 'float32', out);
  },
);

export const dropoutDefinitions: readonly KernelConfig[] = [dropout];

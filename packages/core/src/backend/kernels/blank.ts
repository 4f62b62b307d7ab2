// SPDX-License-Identifier: Apache-2.0
// Zeros on device cpu that take no memory before they are used: a model whose weights are read next, and are stored as bf16,
// would else be in memory as float32 first.

import type { KernelConfig } from '../../tf.ts';
import type { BlankAttributes } from '../definitions/blank.ts';
import { nativeKernel } from '../kernel.ts';

const blank = nativeKernel<object, BlankAttributes>('NablaBlank', {
  run: (_, { shape }, backend) => backend.allocateBlank(shape),
});

export const blankKernels: readonly KernelConfig[] = [blank];

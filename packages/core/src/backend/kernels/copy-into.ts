// SPDX-License-Identifier: Apache-2.0
// Writes a tensor into a part of another one on device cpu.

import { rowMajorStrides } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import type { CopyIntoAttributes, CopyIntoInputs } from '../definitions/copy-into.ts';
import { nativeKernel } from '../kernel.ts';
import { copyElements } from './copy.ts';

const copyInto = nativeKernel<CopyIntoInputs, CopyIntoAttributes>('NablaCopyInto', {
  run: ({ target, source }, { shape, begin, isRounded = false }, backend) => {
    if (isRounded && target.dtype === 'float32' && backend.writeRounded(target, source, begin[0])) return [];
    const outStrides = rowMajorStrides(shape);
    const outOffset = begin.reduce((sum, start, axis) => sum + start * outStrides[axis], 0);
    const inStrides = rowMajorStrides(source.shape);
    copyElements(backend, source, target, { shape: source.shape, inStrides, outStrides, outOffset });
    return [];
  },
});

export const copyIntoKernels: readonly KernelConfig[] = [copyInto];

// SPDX-License-Identifier: Apache-2.0
// Writes slices of a tensor to named places of another one, on the native devices.

import { rowMajorStrides } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import type { IndexCopyAttributes, IndexCopyInputs } from '../definitions/index-copy-into.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend } from '../native-backend.ts';
import type { Reading } from './copy.ts';

/** Writes what `reading` finds in `source` to `target`, slice n along `axis` at `positions[n]`. */
export function copyToPositions(
  backend: NativeBackend,
  { target, source, positions }: IndexCopyInputs,
  axis: number,
  { shape, strides, offset = 0 }: Reading,
): void {
  backend.kernels.index_copy_b32({
    in: backend.buffer(source),
    positions: backend.buffer(positions),
    out: backend.buffer(target),
    shape: [...shape],
    in_strides: [...strides],
    in_offset: offset,
    axis,
    length: target.shape[axis],
  });
}

const indexCopyInto = nativeKernel<IndexCopyInputs, IndexCopyAttributes>('NablaIndexCopyInto', {
  needs: ['index_copy_b32'],
  run: (inputs, { axis }, backend) => {
    const { shape } = inputs.source;
    copyToPositions(backend, inputs, axis, { shape, strides: rowMajorStrides(shape) });
    return [];
  },
});

export const indexCopyKernels: readonly KernelConfig[] = [indexCopyInto];

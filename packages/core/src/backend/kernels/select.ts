// SPDX-License-Identifier: Apache-2.0
// tfjs' Select on device cpu: a condition for every element, or for every row along the first axis.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeDataType } from '../native-backend.ts';

interface SelectInputs {
  readonly condition: TensorInfo; // bool, the shape of t, or [rows]
  readonly t: TensorInfo; // [rows, ...]
  readonly e: TensorInfo; // the shape of t
}

const NATIVES: Readonly<Partial<Record<string, 'select_f32' | 'select_i32' | 'select_bool'>>> = {
  float32: 'select_f32',
  int32: 'select_i32',
  bool: 'select_bool',
};

const select = nativeKernel<SelectInputs, object>('Select', {
  accepts: ({ t, e }) => t.dtype === e.dtype && NATIVES[t.dtype] !== undefined,
  run: ({ condition, t, e }, _, backend) => {
    // tfjs' where repeats a single element along an empty axis not to none but not at all: the result has the empty shape.
    const empty = [t, e, condition].filter(({ shape }) => sizeOf(shape) === 0);
    empty.sort((a, b) => b.shape.length - a.shape.length);
    if (empty.length > 0) return backend.allocate(empty[0].shape, t.dtype as NativeDataType);
    const out = backend.allocate(t.shape, t.dtype as NativeDataType);
    const rows = sizeOf(condition.shape);
    backend.kernels[NATIVES[t.dtype] as 'select_f32']({
      condition: backend.buffer(condition),
      yes: backend.buffer(t),
      no: backend.buffer(e),
      out: backend.buffer(out),
      rows,
      columns: sizeOf(t.shape) / rows,
    });
    return out;
  },
});

export const selectKernels: readonly KernelConfig[] = [select];

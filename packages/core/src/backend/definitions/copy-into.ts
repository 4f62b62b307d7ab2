// SPDX-License-Identifier: Apache-2.0
// Writes a tensor into a part of another one, in its memory.

import { type Shape, rowMajorStrides, sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type { JsBackend } from '../js-backend.ts';
import { definition } from '../kernel.ts';

export interface CopyIntoInputs {
  readonly target: TensorInfo;
  readonly source: TensorInfo; // of the same dtype, with as many axes as `shape`
}

export interface CopyIntoAttributes {
  /** The axes that the target's elements are seen in. */
  readonly shape: Shape;
  /** Where in them the source begins, along each. */
  readonly begin: readonly number[];
  /** Whether a target that is stored as bf16 stays so, and what is written is rounded; both are seen in one axis then. */
  readonly isRounded?: boolean;
}

/** Writes `source` into a part of `target`, whose elements are seen in `shape`. */
export function writeInto(
  target: TensorInfo,
  source: TensorInfo,
  { shape, begin }: CopyIntoAttributes,
  backend: JsBackend,
): void {
  const values = backend.values(target).slice();
  const strides = rowMajorStrides(shape);
  const from = backend.values(source);
  const columns = source.shape.at(-1) ?? 1;
  const rows = sizeOf(source.shape.slice(0, -1));
  const index = source.shape.map(() => 0);
  for (let row = 0; row < rows && columns > 0; row++) {
    const start = index.reduce((sum, position, axis) => sum + (begin[axis] + position) * strides[axis], 0);
    values.set(from.subarray(row * columns, (row + 1) * columns), start);
    for (let axis = index.length - 2; axis >= 0 && ++index[axis] === source.shape[axis]; axis--) index[axis] = 0;
  }
  backend.replace(target, values);
}

/** Changes the target, gives nothing. */
const copyInto = definition<CopyIntoInputs, CopyIntoAttributes>(
  'NablaCopyInto',
  ({ target, source }, attributes, backend) => {
    writeInto(target, source, attributes, backend);
    return [];
  },
);

export const copyIntoDefinitions: readonly KernelConfig[] = [copyInto];

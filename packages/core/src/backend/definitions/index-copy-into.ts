// SPDX-License-Identifier: Apache-2.0
// Writes slices of a tensor to named places of another one, in its memory.

import { rowMajorStrides, sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { dataError } from '../data-error.ts';
import type { JsBackend } from '../js-backend.ts';
import { definition } from '../kernel.ts';

export interface IndexCopyInputs {
  readonly target: TensorInfo; // changed
  readonly source: TensorInfo; // of the same dtype, as long as target but along the axis
  readonly positions: TensorInfo; // [source.shape[axis]], int32
}

export interface IndexCopyAttributes {
  readonly axis: number;
}

/** Writes slice n of `source` to slice `positions[n]` of `target`, along an axis. */
export function writeAtPositions(
  { target, source, positions }: IndexCopyInputs,
  axis: number,
  backend: JsBackend,
): void {
  const length = target.shape[axis];
  const places = backend.values(positions);
  const wrong = places.findIndex((position) => position < 0 || position >= length);
  if (wrong >= 0) {
    throw dataError('indexCopyInto', 'positions', `from 0 to ${length - 1}`, `${places[wrong]} at ${wrong}`);
  }
  const values = backend.values(target).slice();
  const from = backend.values(source);
  const slices = source.shape[axis];
  const inner = rowMajorStrides(source.shape)[axis];
  const outer = sizeOf(source.shape.slice(0, axis));
  for (let o = 0; o < outer; o++) {
    for (let n = 0; n < slices; n++) {
      const begin = (o * slices + n) * inner;
      values.set(from.subarray(begin, begin + inner), (o * length + places[n]) * inner);
    }
  }
  backend.replace(target, values);
}

/** Changes the target, gives nothing. */
const indexCopyInto = definition<IndexCopyInputs, IndexCopyAttributes>(
  'NablaIndexCopyInto',
  (inputs, { axis }, backend) => {
    writeAtPositions(inputs, axis, backend);
    return [];
  },
);

export const indexCopyDefinitions: readonly KernelConfig[] = [indexCopyInto];

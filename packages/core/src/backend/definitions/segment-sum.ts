// SPDX-License-Identifier: Apache-2.0
// Definition of tfjs' UnsortedSegmentSum, the transpose of a gather: one pass over the rows. tfjs' own makes a pass for each
// segment, which makes the gradient of a gather quadratic.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { borrowed } from '../js-backend.ts';
import { definition } from '../kernel.ts';

interface SegmentSumInputs {
  readonly x: TensorInfo; // [rows, ...slice]
  readonly segmentIds: TensorInfo; // [rows], int32
}

/** `out[s] = sum of x[row] where segmentIds[row] = s`, in the order of the rows; other ids than 0 … numSegments - 1 are left out. */
const unsortedSegmentSum = definition<SegmentSumInputs, { readonly numSegments: number }>(
  'UnsortedSegmentSum',
  ({ x, segmentIds }, { numSegments }, backend) => {
    const rows = x.shape[0];
    const simple = x.dtype === 'float32' && segmentIds.shape.length === 1 && segmentIds.shape[0] === rows;
    if (!simple) return borrowed('UnsortedSegmentSum', { x, segmentIds }, { numSegments }, backend);
    const slice = sizeOf(x.shape.slice(1));
    const [values, ids] = [backend.floats(x), backend.values(segmentIds)];
    const out = new Float32Array(numSegments * slice);
    for (let row = 0; row < rows; row++) {
      const segment = ids[row];
      if (segment < 0 || segment >= numSegments) continue;
      for (let i = 0; i < slice; i++) out[segment * slice + i] += values[row * slice + i];
    }
    return backend.make([numSegments, ...x.shape.slice(1)], 'float32', out);
  },
);

export const segmentSumDefinitions: readonly KernelConfig[] = [unsortedSegmentSum];

// SPDX-License-Identifier: Apache-2.0
// Gradients of sums over groups of rows: Bincount, DenseBincount, SparseSegmentSum, SparseSegmentMean and UnsortedSegmentSum.

import {
  type GradConfig,
  type Tensor,
  div,
  gather,
  greaterEqual,
  maximum,
  minimum,
  ones,
  pad,
  reshape,
  scalar,
  where,
  zeros,
  zerosLike,
} from '../tf.ts';
import { scatterRows } from './scatter-rows.ts';

interface BincountAttributes {
  readonly size: number;
  readonly binaryOutput?: boolean;
}

/** Each weight gets the gradient of the bin that it was counted in; what lies beyond the last bin was not counted. */
function bincountGradient(kernelName: string): GradConfig {
  return {
    kernelName,
    inputsToSave: ['x', 'weights'],
    gradFunc: (gradOut, [x, weights], attributes) => ({
      x: () => zeros(x.shape),
      weights: () => {
        const { size, binaryOutput = false } = attributes as object as BincountAttributes;
        if (weights.size === 0 || binaryOutput) return zeros(weights.shape);
        const rows = reshape(gradOut as Tensor, [-1, size]);
        const bins = pad(rows, [[0, 0], [0, 1]]); // prettier-ignore
        const chosen = reshape(minimum(x, scalar(size, 'int32')), [rows.shape[0], -1]);
        return reshape(gather(bins, chosen, 1, 1), weights.shape);
      },
    }),
  };
}

export const bincountGradients: readonly GradConfig[] = ['Bincount', 'DenseBincount'].map(bincountGradient);

/** Rows that were picked by index and summed by segment: the gradient of the segment goes to each of its rows. */
function sparseSegmentGradient(kernelName: string, isMean: boolean): GradConfig {
  return {
    kernelName,
    inputsToSave: ['data', 'indices', 'segmentIds'],
    gradFunc: (gradOut, [data, indices, segmentIds]) => ({
      data: () => {
        let gradSegments = gradOut as Tensor; // [segments, ...slice]
        if (isMean) {
          const counts = scatterRows(ones(segmentIds.shape), segmentIds, gradSegments.shape[0]);
          // A segment without rows is 0 whatever the data: its infinite quotient is gathered by none.
          gradSegments = div(gradSegments, reshape(counts, [-1, ...data.shape.slice(1).map(() => 1)]));
        }
        return scatterRows(gather(gradSegments, segmentIds), indices, data.shape[0]);
      },
      indices: () => zeros(indices.shape),
      segmentIds: () => zeros(segmentIds.shape),
    }),
  };
}

export const sparseSegmentGradients: readonly GradConfig[] = [
  sparseSegmentGradient('SparseSegmentSum', false),
  sparseSegmentGradient('SparseSegmentMean', true),
];

/** Each row gets the gradient of its segment; one of a negative segment was left out. tfjs forgets that the ids may be computed. */
export const unsortedSegmentSumGradient: GradConfig = {
  kernelName: 'UnsortedSegmentSum',
  inputsToSave: ['segmentIds'],
  gradFunc: (gradOut, [segmentIds]) => ({
    x: () => {
      const first = scalar(0, 'int32');
      const rows = gather(gradOut as Tensor, maximum(segmentIds, first));
      const isSummed = reshape(greaterEqual(segmentIds, first), [-1, ...rows.shape.slice(1).map(() => 1)]);
      return where(isSummed, rows, zerosLike(rows));
    },
    segmentIds: () => zeros(segmentIds.shape),
  }),
};

// SPDX-License-Identifier: Apache-2.0
// Gradients of GatherNd, ScatterNd and TensorScatterUpdate: gathering and scattering are each other's transpose.

import { type GradConfig, type Tensor, gatherND, reshape, scatterND, tensorScatterUpdate, zeros } from '../tf.ts';

/** Sums `values` into zeros of `shape`; unlike scatterND, one position may be given as `[depth]`. */
function scatterSum(indices: Tensor, values: Tensor, shape: number[]): Tensor {
  const depth = indices.shape[indices.rank - 1];
  const rows = reshape(indices, [-1, depth]); // [positions, depth]
  return scatterND(rows, reshape(values, [rows.shape[0], ...shape.slice(depth)]), shape);
}

/** Gathers what scatterND would have put there: it reads indices of rank 1 as a column. */
function gatherUpdates(gradOut: Tensor, indices: Tensor): Tensor {
  return gatherND(gradOut, indices.rank === 1 ? reshape(indices, [-1, 1]) : indices);
}

export const gatherNdGradient: GradConfig = {
  kernelName: 'GatherNd',
  inputsToSave: ['params', 'indices'],
  gradFunc: (gradOut, [params, indices]) => ({
    params: () => scatterSum(indices, gradOut as Tensor, params.shape),
    indices: () => zeros(indices.shape),
  }),
};

export const scatterNdGradient: GradConfig = {
  kernelName: 'ScatterNd',
  inputsToSave: ['indices'],
  gradFunc: (gradOut, [indices]) => ({
    indices: () => zeros(indices.shape),
    updates: () => gatherUpdates(gradOut as Tensor, indices),
  }),
};

/** Where a position is written more than once, each of its updates gets the gradient of the one that stayed. */
export const tensorScatterUpdateGradient: GradConfig = {
  kernelName: 'TensorScatterUpdate',
  inputsToSave: ['indices', 'updates'],
  gradFunc: (gradOut, [indices, updates]) => ({
    tensor: () => tensorScatterUpdate(gradOut as Tensor, indices, zeros(updates.shape)),
    indices: () => zeros(indices.shape),
    updates: () => gatherUpdates(gradOut as Tensor, indices),
  }),
};

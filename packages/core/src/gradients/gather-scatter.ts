// SPDX-License-Identifier: Apache-2.0
// Gradients of GatherV2, GatherNd, ScatterNd, TensorScatterUpdate and SparseToDense: gathering and scattering are each other's
// transpose.

import {
  type GradConfig,
  type Tensor,
  add,
  backend_util,
  gatherND,
  range,
  reshape,
  scatterND,
  sum,
  tensorScatterUpdate,
  util,
  zeros,
} from '../tf.ts';
import { scatterRows } from './scatter-rows.ts';

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

interface GatherAttributes {
  readonly axis: number;
  readonly batchDims?: number;
}

/** One sum by offset, whatever the axis. tfjs' gradient is wrong for more than one batch axis, and for indices from a parameter. */
export const gatherGradient: GradConfig = {
  kernelName: 'GatherV2',
  inputsToSave: ['x', 'indices'],
  gradFunc: (gradOut, [x, indices], attributes) => ({
    x: () => {
      const { axis, batchDims = 0 } = attributes as object as GatherAttributes;
      const [along] = util.parseAxisParam(axis, x.shape);
      const sizes = backend_util.segment_util.collectGatherOpShapeInfo(x, indices, along, batchDims);
      const { batchSize, outerSize, dimSize, sliceSize } = sizes;
      if (x.size === 0) return zeros(x.shape);
      const starts = range(0, batchSize * outerSize * dimSize, dimSize, 'int32');
      const positions = add(reshape(starts, [batchSize, outerSize, 1]), reshape(indices, [batchSize, 1, -1]));
      const rows = reshape(gradOut as Tensor, [positions.size, sliceSize]); // [batch outer count, slice]
      return reshape(scatterRows(rows, reshape(positions, [-1]), batchSize * outerSize * dimSize), x.shape);
    },
    indices: () => zeros(indices.shape),
  }),
};

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

/** Where a position is given more than once, each of its values gets the gradient of the one that stayed. */
export const sparseToDenseGradient: GradConfig = {
  kernelName: 'SparseToDense',
  inputsToSave: ['sparseIndices', 'sparseValues'],
  gradFunc: (gradOut, [indices, values]) => {
    const gradient = gradOut as Tensor;
    const [, depth = 1] = indices.shape;
    const positions = reshape(indices, [-1, depth]);
    return {
      sparseIndices: () => zeros(indices.shape),
      sparseValues: () => {
        const found = gatherND(gradient, positions);
        return values.rank === 0 ? sum(found) : reshape(found, values.shape);
      },
      defaultValue: () => {
        const kept = tensorScatterUpdate(gradient, positions, zeros([positions.shape[0]]));
        return sum(kept);
      },
    };
  },
};

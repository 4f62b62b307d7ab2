// SPDX-License-Identifier: Apache-2.0
// Gradients of kernels that only move elements: TopK, StridedSlice, DepthToSpace, Diag, SplitV and Unpack. The gradient moves
// them back.

import {
  type GradConfig,
  type StridedSliceAttrs,
  type Tensor,
  add,
  concat,
  gather,
  range,
  reshape,
  stack,
  stridedSlice,
  transpose,
} from '../tf.ts';
import { scatterRows } from './scatter-rows.ts';

/** Sums `gradOut` into zeros of `shape`; `positions` are offsets into it, one for each element of `gradOut`. */
function scatterFlat(gradOut: Tensor, positions: Tensor, shape: number[]): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return reshape(scatterRows(reshape(gradOut, [-1]), reshape(positions, [-1]), size), shape);
}

/** Of the values; the indices have none. */
export const topKGradient: GradConfig = {
  kernelName: 'TopK',
  inputsToSave: ['x'],
  outputsToSave: [false, true],
  gradFunc: (gradOut, [x, indices]) => ({
    x: () => {
      const [gradValues] = gradOut as Tensor[];
      const columns = x.shape[x.rank - 1];
      const rows = x.size / columns;
      const starts = range(0, x.size, columns, 'int32'); // [rows]
      const positions = add(reshape(starts, [-1, 1]), reshape(indices, [rows, -1])); // [rows, k]
      return scatterFlat(gradValues, positions, x.shape);
    },
  }),
};

/** The same slice of the offsets of x tells where each element came from, whatever the masks and the signs of the strides. */
export const stridedSliceGradient: GradConfig = {
  kernelName: 'StridedSlice',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x], attributes) => ({
    x: () => {
      const { begin, end, strides, ...masks } = attributes as object as StridedSliceAttrs;
      const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = masks;
      const offsets = reshape(range(0, x.size, 1, 'int32'), x.shape);
      const positions = stridedSlice(
        offsets,
        begin,
        end,
        strides,
        beginMask,
        endMask,
        ellipsisMask,
        newAxisMask,
        shrinkAxisMask,
      );
      return scatterFlat(gradOut as Tensor, positions, x.shape);
    },
  }),
};

export const depthToSpaceGradient: GradConfig = {
  kernelName: 'DepthToSpace',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x], attributes) => ({
    x: () => {
      const { blockSize } = attributes as object as { readonly blockSize: number };
      const [batch, height, width, channels] = x.shape;
      const split = [batch, height, blockSize, width, blockSize, channels / blockSize ** 2];
      return reshape(transpose(reshape(gradOut as Tensor, split), [0, 1, 3, 2, 4, 5]), x.shape);
    },
  }),
};

/** From `[...shape, ...shape]` to what stands on the diagonal. */
export const diagGradient: GradConfig = {
  kernelName: 'Diag',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x]) => ({
    x: () => {
      const onDiagonal = range(0, x.size * x.size, x.size + 1, 'int32');
      return reshape(gather(reshape(gradOut as Tensor, [-1]), onDiagonal), x.shape);
    },
  }),
};

/** The parts joined again; tfjs' gradient fails where there is one part alone. */
export const splitGradient: GradConfig = {
  kernelName: 'SplitV',
  gradFunc: (gradOut, _, attributes) => ({
    x: () => concat([gradOut].flat(), (attributes as object as { readonly axis: number }).axis),
  }),
};

/** Like {@link splitGradient}. */
export const unpackGradient: GradConfig = {
  kernelName: 'Unpack',
  gradFunc: (gradOut, _, attributes) => ({
    value: () => stack([gradOut].flat(), (attributes as object as { readonly axis: number }).axis),
  }),
};

// SPDX-License-Identifier: Apache-2.0
// Tests of the gradients that tfjs-core lacks, against finite differences on every device.

import { checkGradient, devices, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import * as tf from '../tf.ts';

describe.each(devices())('gradients that tfjs lacks, on %s', (device) => {
  useDevice(device);

  it.each([
    [
      'ij,jk->ik',
      [
        [2, 3],
        [3, 5],
      ],
    ],
    [
      'ij,jk->ki',
      [
        [2, 3],
        [3, 5],
      ],
    ],
    [
      'bhid,bhjd->bhij',
      [
        [2, 1, 3, 4],
        [2, 1, 2, 4],
      ],
    ],
    ['jk,k->j', [[2, 3], [3]]],
    ['i,i->', [[5], [5]]],
    ['i,j->ij', [[3], [2]]],
    ['ijk->ki', [[2, 3, 4]]],
    ['ij->', [[2, 3]]],
  ] as [string, number[][]][])('einsum %s', (equation, shapes) => {
    checkGradient((...inputs) => tf.einsum(equation, ...inputs), shapes, { seed: 3 });
  });

  it.each([1, 2, 5])('topk of %i', (k) => {
    checkGradient((x) => tf.topk(x, k).values, [[2, 3, 5]], { seed: 3 });
  });

  it('gatherND, repeated positions and slices', () => {
    const repeated = tf.tensor2d(
      [
        [0, 1],
        [2, 0],
        [0, 1],
      ],
      undefined,
      'int32',
    );
    checkGradient((x) => tf.gatherND(x, repeated), [[3, 2]], { seed: 1 });
    checkGradient((x) => tf.gatherND(x, repeated), [[3, 2, 4]], { seed: 1 });
    checkGradient((x) => tf.gatherND(x, tf.tensor1d([1, 0], 'int32')), [[3, 2, 4]], { seed: 1 });
  });

  it('scatterND, repeated positions and indices of rank 1', () => {
    const indices = tf.tensor2d([[1], [3], [1]], undefined, 'int32');
    checkGradient((updates) => tf.scatterND(indices, updates, [5, 2]), [[3, 2]], { seed: 1 });
    checkGradient((updates) => tf.scatterND(tf.tensor1d([1, 3], 'int32'), updates, [5]), [[2]], { seed: 1 });
  });

  it('tensorScatterUpdate', () => {
    const indices = tf.tensor2d([[1], [3]], undefined, 'int32');
    checkGradient(
      (x, updates) => tf.tensorScatterUpdate(x, indices, updates),
      [
        [5, 2],
        [2, 2],
      ],
      { seed: 1 },
    );
  });

  it('stridedSlice, negative strides and masks', () => {
    checkGradient((x) => tf.stridedSlice(x, [0, 1], [5, 4], [2, 1]), [[5, 4]], { seed: 1 });
    checkGradient((x) => tf.stridedSlice(x, [4, 3], [0, 0], [-2, -1]), [[5, 4]], { seed: 1 });
    checkGradient((x) => tf.stridedSlice(x, [1, 1], [2, 4], [1, 2], 0, 0, 0, 0, 1), [[5, 4]], { seed: 1 });
  });

  it('depthToSpace', () => {
    checkGradient((x) => tf.depthToSpace(tf.reshape<tf.Rank.R4>(x, [2, 2, 3, 8]), 2), [[2, 2, 3, 8]], { seed: 1 });
  });

  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('cumprod, exclusive %s, reverse %s, zeros too', (exclusive, reverse) => {
    checkGradient((x) => tf.cumprod(x, 1, exclusive, reverse), [[2, 5, 2]], { seed: 1 });
    checkGradient((x) => tf.cumprod(x, 0, exclusive, reverse), [tf.tensor1d([2, 0, 3, 0, 1.5])], { seed: 1 });
  });

  it('flow through the indices of topk as zeros', () => {
    const x = tf.variable(tf.tensor1d([1, 3, 2]));
    const { gradients } = valueAndGrad(() => tf.sum(tf.gatherND(x, tf.reshape(tf.topk(x, 2).indices, [2, 1]))), [x]);
    expect([...gradients[0].dataSync()]).toEqual([0, 1, 1]);
    tf.dispose([x, gradients]);
  });
});

// Kernels that have a forward but no gradient, by reason. A kernel that joins must be put here, or given a gradient.
const WITHOUT_GRADIENT: Readonly<Record<string, readonly string[]>> = {
  'makes a tensor from no tensor': ['Fill', 'LinSpace', 'Range'],
  'works on shapes, strings or ragged rows': `BroadcastArgs RaggedGather RaggedRange RaggedTensorToTensor
    SparseFillEmptyRows SparseReshape StaticRegexReplace StringNGrams StringSplit StringToHashBucketFast`.split(/\s+/),
  'is itself the gradient of another kernel': `AvgPool3DGrad AvgPoolGrad Conv2DBackpropFilter Conv3DBackpropFilterV2
    Conv3DBackpropInputV2 DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput
    Dilation2DBackpropFilter Dilation2DBackpropInput LRNGrad MaxPool3DGrad MaxPoolGrad ResizeBilinearGrad
    ResizeNearestNeighborGrad`.split(/\s+/),
  'has its gradient in the op that runs it': ['FusedConv2D', 'FusedDepthwiseConv2D', '_FusedMatMul'],
  'has complex numbers: the engine wants a float32 gradient of the shape of each input': `Complex FFT IFFT Imag
    Real`.split(/\s+/),
  'gives scores of the boxes that stay, decayed by overlaps: nothing is trained through it': ['NonMaxSuppressionV5'],
  'gives one value for a group of equal elements, and no rule says whose gradient it is': ['Unique'],
  'warps images that are data; CropAndResize and the ops that resize have gradients': ['Transform'],
  'must have none for a test of tfjs; logicalAnd of ours is not recorded': ['LogicalAnd'],
  'needs a browser': ['Draw'],
};

it('every kernel without a gradient has its reason', () => {
  const missing = tf
    .getKernelsForBackend(tf.getBackend())
    .map(({ kernelName }) => kernelName)
    .filter((name) => tf.getGradient(name) === undefined && !name.startsWith('Nabla'));
  expect(missing.sort()).toEqual(Object.values(WITHOUT_GRADIENT).flat().sort());
});

// SPDX-License-Identifier: Apache-2.0
// The gradients that tfjs-core lacks or has wrong, one line each; registered beside its own when the package is loaded.

import { type GradConfig, registerGradient } from '../tf.ts';
import { activationGradients } from './activation.ts';
import {
  depthToSpaceGradient,
  diagGradient,
  splitGradient,
  stridedSliceGradient,
  topKGradient,
  unpackGradient,
} from './arrange.ts';
import { maximumGradient, minimumGradient, powGradient, squaredDifferenceGradient } from './binary.ts';
import { clipByValueGradient } from './clip-by-value.ts';
import { castGradient, constantGradients } from './constant.ts';
import { cropAndResizeGradient } from './crop-and-resize.ts';
import { cumprodGradient } from './cumprod.ts';
import { einsumGradient } from './einsum.ts';
import {
  gatherGradient,
  gatherNdGradient,
  scatterNdGradient,
  sparseToDenseGradient,
  tensorScatterUpdateGradient,
} from './gather-scatter.ts';
import { flipLeftRightGradient, resizeGradients, rotateGradient } from './image.ts';
import { matMulGradient } from './mat-mul.ts';
import { averagePoolGradients, maxPoolWithArgmaxGradient } from './pool.ts';
import { absGradient, cumsumGradient, meanGradient, prodGradient, sumGradient } from './reduce.ts';
import { bincountGradients, sparseSegmentGradients, unsortedSegmentSumGradient } from './segments.ts';
import { selectGradient } from './select.ts';
import { tileGradient } from './tile.ts';

const gradients: readonly GradConfig[] = [
  absGradient,
  ...activationGradients,
  ...averagePoolGradients,
  ...bincountGradients,
  castGradient,
  clipByValueGradient,
  ...constantGradients,
  cropAndResizeGradient,
  cumprodGradient,
  cumsumGradient,
  depthToSpaceGradient,
  diagGradient,
  einsumGradient,
  flipLeftRightGradient,
  gatherGradient,
  gatherNdGradient,
  matMulGradient,
  maximumGradient,
  maxPoolWithArgmaxGradient,
  meanGradient,
  minimumGradient,
  powGradient,
  prodGradient,
  ...resizeGradients,
  rotateGradient,
  scatterNdGradient,
  selectGradient,
  ...sparseSegmentGradients,
  sparseToDenseGradient,
  splitGradient,
  squaredDifferenceGradient,
  stridedSliceGradient,
  sumGradient,
  tensorScatterUpdateGradient,
  tileGradient,
  topKGradient,
  unpackGradient,
  unsortedSegmentSumGradient,
];

export function registerGradients(): void {
  for (const gradient of gradients) registerGradient(gradient);
}

// SPDX-License-Identifier: Apache-2.0
// The gradients that tfjs-core lacks, one line each; registered beside its own when the package is loaded.

import { registerGradient } from '../tf.ts';
import { depthToSpaceGradient, stridedSliceGradient, topKGradient } from './arrange.ts';
import { cumprodGradient } from './cumprod.ts';
import { einsumGradient } from './einsum.ts';
import { gatherNdGradient, scatterNdGradient, tensorScatterUpdateGradient } from './gather-scatter.ts';

const gradients = [
  cumprodGradient,
  depthToSpaceGradient,
  einsumGradient,
  gatherNdGradient,
  scatterNdGradient,
  stridedSliceGradient,
  tensorScatterUpdateGradient,
  topKGradient,
];

export function registerGradients(): void {
  for (const gradient of gradients) registerGradient(gradient);
}

// SPDX-License-Identifier: Apache-2.0
// Gradients of ops on images: resizing (where tfjs' kernels swap height and width, or forget half-pixel centers), flips, rotation.

import {
  type GradConfig,
  type Tensor,
  type Tensor4D,
  cast,
  image,
  matMul,
  range,
  reshape,
  reverse,
  slice,
  tensor2d,
} from '../tf.ts';
import { scatterRows } from './scatter-rows.ts';

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
  readonly size: [number, number];
}

type Sampling = 'bilinear' | 'nearest';

/** `out[i] = sum over j of samples[i, j] x[j]`: how tfjs resizes one axis, `[newLength, length]`. */
function samplingMatrix(
  sampling: Sampling,
  length: number,
  newLength: number,
  { alignCorners, halfPixelCenters }: ResizeAttributes,
): Tensor {
  const corners = alignCorners && newLength > 1;
  const scale = corners ? (length - 1) / (newLength - 1) : length / newLength;
  const weights = new Float32Array(newLength * length);
  for (let i = 0; i < newLength; i++) {
    const row = i * length;
    if (sampling === 'nearest') {
      const position = halfPixelCenters ? scale * (i + 0.5) : scale * i;
      const nearest = alignCorners ? Math.round(position) : Math.floor(position);
      weights[row + Math.min(length - 1, Math.max(0, nearest))] = 1;
      continue;
    }
    const position = Math.max(0, halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i);
    const before = Math.min(Math.floor(position), length - 1);
    const after = Math.min(Math.ceil(position), length - 1);
    weights[row + before] += 1 - (position - before);
    weights[row + after] += position - before;
  }
  return tensor2d(weights, [newLength, length]);
}

/** Resizing is a product of matrices, one for each axis; so is its gradient, with both transposed. */
function resizeGradient(kernelName: string, sampling: Sampling): GradConfig {
  return {
    kernelName,
    inputsToSave: ['images'],
    gradFunc: (gradOut, [images], attributes) => ({
      images: () => {
        const options = attributes as object as ResizeAttributes;
        const [batch, height, width, channels] = images.shape;
        const [newHeight, newWidth] = options.size;
        const rows = samplingMatrix(sampling, height, newHeight, options);
        const columns = samplingMatrix(sampling, width, newWidth, options);
        const wide = reshape(gradOut as Tensor, [batch, newHeight, newWidth * channels]);
        const short = matMul(rows, wide, true); // [batch, height, newWidth channels]
        const lines = reshape(short, [batch * height, newWidth, channels]);
        return reshape(matMul(columns, lines, true), [batch, height, width, channels]);
      },
    }),
  };
}

export const resizeGradients: readonly GradConfig[] = [
  resizeGradient('ResizeBilinear', 'bilinear'),
  resizeGradient('ResizeNearestNeighbor', 'nearest'),
];

export const flipLeftRightGradient: GradConfig = {
  kernelName: 'FlipLeftRight',
  gradFunc: (gradOut) => ({ image: () => reverse(gradOut as Tensor, 2) }),
};

/** The same rotation of the offsets of the image tells where each pixel came from; 0 stands for the fill. */
export const rotateGradient: GradConfig = {
  kernelName: 'RotateWithOffset',
  inputsToSave: ['image'],
  gradFunc: (gradOut, [x], attributes) => ({
    image: () => {
      const { radians, center } = attributes as object as { radians: number; center: number | [number, number] };
      const offsets: Tensor4D = reshape(
        range(1, x.size + 1, 1, 'float32'),
        x.shape as [number, number, number, number],
      );
      const rotated = cast(image.rotateWithOffset(offsets, radians, 0, center), 'int32');
      const sums = scatterRows(reshape(gradOut as Tensor, [-1]), reshape(rotated, [-1]), x.size + 1);
      return reshape(slice(sums, 1), x.shape);
    },
  }),
};

// SPDX-License-Identifier: Apache-2.0
// Gradient of CropAndResize: each crop is the product of a matrix for its rows, the image, and a matrix for its columns.

import {
  type GradConfig,
  type Tensor,
  add,
  cast,
  ceil,
  expandDims,
  floor,
  gather,
  greaterEqual,
  lessEqual,
  linspace,
  logicalAnd,
  matMul,
  mul,
  oneHot,
  reshape,
  slice,
  stack,
  sub,
  sum,
  tensor1d,
  transpose,
  zeros,
} from '../tf.ts';
import { unrecorded } from '../tape.ts';
import { scatterRows } from './scatter-rows.ts';

interface CropAttributes {
  readonly cropSize: readonly [number, number];
  readonly method: 'bilinear' | 'nearest';
}

/** How one axis of every crop is sampled. */
interface Samples {
  /** `[boxes, cropLength, length]`: `crop[i] = sum over j of matrix[i, j] image[j]`; 0 outside of the image. */
  readonly matrix: Tensor;
  /** The derivative of `matrix` by the position. */
  readonly slope: Tensor;
  /** Positions are `from · start + to · end`, in pixels: `[cropLength]` each. */
  readonly from: Tensor;
  readonly to: Tensor;
}

function sample(boxes: Tensor, axis: 0 | 1, length: number, cropLength: number, method: string): Samples {
  const start = slice(boxes, [0, axis], [-1, 1]); // [boxes, 1]
  const end = slice(boxes, [0, axis + 2], [-1, 1]);
  const share = cropLength > 1 ? linspace(0, 1, cropLength) : tensor1d([0.5]);
  const [from, to] = [mul(sub(1, share), length - 1), mul(share, length - 1)];
  const position = add(mul(start, from), mul(end, to)); // [boxes, cropLength]
  const inside = unrecorded(() => logicalAnd(greaterEqual(position, 0), lessEqual(position, length - 1)));
  const weight = expandDims(cast(inside, 'float32'), -1);
  const at = (pixel: Tensor): Tensor => mul(oneHot(cast(pixel, 'int32'), length), weight);
  if (method === 'nearest') {
    const matrix = at(floor(add(position, 0.5)));
    return { matrix, slope: zeros(matrix.shape), from, to };
  }
  const [before, after] = [at(floor(position)), at(ceil(position))];
  const slope = sub(after, before);
  return { matrix: add(before, mul(slope, expandDims(sub(position, floor(position)), -1))), slope, from, to };
}

export const cropAndResizeGradient: GradConfig = {
  kernelName: 'CropAndResize',
  inputsToSave: ['image', 'boxes', 'boxInd'],
  gradFunc: (gradOut, [image, boxes, boxInd], attributes) => {
    const { cropSize, method } = attributes as object as CropAttributes;
    const [batch, height, width, channels] = image.shape;
    const [cropHeight, cropWidth] = cropSize;
    const count = boxes.shape[0];
    const rows = (): Samples => sample(boxes, 0, height, cropHeight, method);
    const columns = (): Samples => sample(boxes, 1, width, cropWidth, method);
    const gradient = gradOut as Tensor; // [boxes, cropHeight, cropWidth, channels]
    const gradByWidth = (across: Tensor): Tensor => {
      const lines = reshape(gradient, [count, cropHeight, cropWidth, channels]);
      const turned = reshape(transpose(lines, [0, 2, 1, 3]), [count, cropWidth, cropHeight * channels]);
      const spread = reshape(matMul(across, turned, true), [count, width, cropHeight, channels]);
      return reshape(transpose(spread, [0, 2, 1, 3]), [count, cropHeight, width * channels]);
    };
    /** Of the start and end of one axis, from the gradient of its positions `[boxes, cropLength]`. */
    const edges = (gradPosition: Tensor, { from, to }: Samples): [Tensor, Tensor] => [
      sum(mul(gradPosition, from), 1),
      sum(mul(gradPosition, to), 1),
    ];
    return {
      image: () => {
        const spread = matMul(rows().matrix, gradByWidth(columns().matrix), true); // [boxes, height, width channels]
        return scatterRows(reshape(spread, [count, height, width, channels]), boxInd, batch);
      },
      boxes: () => {
        const [down, across] = [rows(), columns()];
        const images = reshape(gather(image, boxInd), [count, height, width * channels]);
        const byRow = sum(mul(matMul(down.slope, images), gradByWidth(across.matrix)), 2); // [boxes, cropHeight]
        const lines = reshape(matMul(down.matrix, images), [count, cropHeight, width, channels]);
        const turned = reshape(transpose(lines, [0, 2, 1, 3]), [count, width, cropHeight * channels]);
        const slopes = reshape(matMul(across.slope, turned), [count, cropWidth, cropHeight, channels]);
        const byColumn = sum(mul(transpose(slopes, [0, 2, 1, 3]), gradient), [1, 3]); // [boxes, cropWidth]
        const [y1, y2] = edges(byRow, down);
        const [x1, x2] = edges(byColumn, across);
        return stack([y1, x1, y2, x2], 1);
      },
      boxInd: () => zeros(boxInd.shape),
    };
  },
};

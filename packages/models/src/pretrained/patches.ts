// SPDX-License-Identifier: Apache-2.0
// Images as sequences of patches: how many there are, and the positions that were learned for them.

import { type Tensor, ShapeError, checkRank, matMul, reshape, tensor2d, transpose } from '@nabla/core';
import { z } from 'zod';

const length = z.int().min(1);

/** The field of a configuration that is a height and a width: one number for both, or `[height, width]`. */
export const lengthsField = z.union([length, z.tuple([length, length])]);

/** `[height, width]`. */
export type HeightAndWidth = readonly [height: number, width: number];

type Lengths = number | HeightAndWidth;

/** What a configuration says of its images. */
export interface PatchesConfig {
  readonly image_size: Lengths;
  readonly patch_size: Lengths;
  readonly num_channels: number;
}

/** Options of models that see images. */
export interface ImageInputs {
  /**
   * Whether images may be of another size than the configuration's: the learned positions are then stretched to theirs. Default:
   * false, an error.
   */
  readonly interpolatePositions?: boolean | undefined;
}

export function heightAndWidth(lengths: Lengths): HeightAndWidth {
  return typeof lengths === 'number' ? [lengths, lengths] : lengths;
}

/** How many patches lie over each other and side by side in an image; what is left at its end belongs to none. */
export function patchGrid({ patch_size }: PatchesConfig, [height, width]: HeightAndWidth): HeightAndWidth {
  const [patchHeight, patchWidth] = heightAndWidth(patch_size);
  return [Math.floor(height / patchHeight), Math.floor(width / patchWidth)];
}

/** How many patches an image of the configuration's size has. */
export function patchCount(config: PatchesConfig): number {
  const [rows, columns] = patchGrid(config, heightAndWidth(config.image_size));
  return rows * columns;
}

/** Whether an image has a patch: what a configuration is refused for otherwise. */
export function hasPatch(config: PatchesConfig): boolean {
  return patchCount(config) > 0;
}

/**
 * Checks a batch of images.
 *
 * @param images  `[batch, height, width, channels]`
 * @returns       their patches, over each other and side by side
 * @throws {ShapeError} they are not of the configuration's channels, or of another size than its without `interpolatePositions`
 */
export function checkImages(
  op: string,
  images: Tensor,
  config: PatchesConfig,
  { interpolatePositions = false }: ImageInputs,
): HeightAndWidth {
  checkRank(op, 'images', images, 4);
  const [, height = 0, width = 0, channels] = images.shape;
  const [wantedHeight, wantedWidth] = heightAndWidth(config.image_size);
  const [patchHeight, patchWidth] = heightAndWidth(config.patch_size);
  const fits = interpolatePositions
    ? height >= patchHeight && width >= patchWidth
    : height === wantedHeight && width === wantedWidth;
  if (fits && channels === config.num_channels) return patchGrid(config, [height, width]);
  const [most, least] = interpolatePositions ? [`>= ${patchHeight}`, `>= ${patchWidth}`] : [wantedHeight, wantedWidth];
  const hint =
    channels === config.num_channels
      ? 'For images of another size: { interpolatePositions: true }.'
      : 'Channels are the last axis; files of Python have them second.';
  const expected = `[batch, ${most}, ${least}, ${config.num_channels}]`;
  throw new ShapeError({ op, argument: 'images', expected, received: images.shape, hint });
}

/**
 * The learned positions of a grid of patches, stretched to another grid by cubic interpolation between their centres, as
 * `torch.nn.functional.interpolate(mode='bicubic')` does: `R · positions · Cᵀ` for each feature, R and C being
 * {@link cubicMatrix} of rows and columns. A grid that is the same stays as it is.
 *
 * @param positions  `[from[0] * from[1], features]`
 * @returns          `[to[0] * to[1], features]`
 * @see Keys 1981, https://doi.org/10.1109/TASSP.1981.1163711
 */
export function interpolatePositions(positions: Tensor, from: HeightAndWidth, to: HeightAndWidth): Tensor {
  if (from[0] === to[0] && from[1] === to[1]) return positions;
  const [, features = 0] = positions.shape;
  const rows = matMul(cubicMatrix(from[0], to[0]), reshape(positions, [from[0], from[1] * features]));
  const byColumn = transpose(reshape(rows, [to[0], from[1], features]), [1, 0, 2]); // [from[1], to[0], features]
  const columns = matMul(cubicMatrix(from[1], to[1]), reshape(byColumn, [from[1], to[0] * features]));
  return reshape(transpose(reshape(columns, [to[1], to[0], features]), [1, 0, 2]), [to[0] * to[1], features]);
}

/** `[to, from]`: what each old position counts for at each new one. Beyond the ends, the last position goes on. */
function cubicMatrix(from: number, to: number): Tensor {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre) - 1;
    for (let tap = first; tap < first + 4; tap++) {
      const column = Math.min(Math.max(tap, 0), from - 1);
      matrix[i * from + column] = (matrix[i * from + column] ?? 0) + cubic(Math.abs(tap - centre));
    }
  }
  return tensor2d(matrix, [to, from]);
}

/** Keys' kernel with a = -0.75, PyTorch's choice, at a distance of 0 to 2. */
function cubic(distance: number): number {
  const a = -0.75;
  return distance <= 1
    ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
    : ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
}

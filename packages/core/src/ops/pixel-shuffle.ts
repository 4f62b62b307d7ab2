// SPDX-License-Identifier: Apache-2.0
// Channels to pixels and back: both only move elements.

import { checkInteger } from '../check.ts';
import { ShapeError } from '../errors.ts';
import { type Tensor, reshape, tidy, transpose } from '../tf.ts';
import { checkSpatial } from './spatial.ts';

/**
 * Makes an image `factor` times as high and wide from one with `factor²` times the channels:
 * `out[b, y · factor + u, x · factor + v, c] = in[b, y, x, (c · factor + u) · factor + v]`, the channel order of PyTorch.
 *
 * @param x       `[batch, height, width, channels · factor²]`, float32
 * @param factor  at least 1
 * @returns       `[batch, height · factor, width · factor, channels]`
 * @throws {ShapeError} `x` has another rank, or channels that `factor²` does not divide
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} `factor` is no positive integer
 * @see Shi et al. 2016, https://arxiv.org/abs/1609.05158
 * @example
 * pixelShuffle(tensor4d([[[[1, 2, 3, 4]]]]), 2); // [[[[1], [2]], [[3], [4]]]]
 */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  checkInteger('pixelShuffle', 'factor', factor, { minimum: 1 });
  checkSpatial('pixelShuffle', x, 2);
  const [batch, height, width, features] = x.shape;
  const channels = features / factor ** 2;
  if (!Number.isInteger(channels)) throw indivisible('pixelShuffle', x, `channels divisible by ${factor ** 2}`);
  return tidy(() => {
    const blocks = reshape(x, [batch, height, width, channels, factor, factor]);
    return reshape(transpose(blocks, [0, 1, 4, 2, 5, 3]), [batch, height * factor, width * factor, channels]);
  });
}

/**
 * The inverse of {@link pixelShuffle}: each block of `factor · factor` pixels becomes one pixel with `factor²` times the channels.
 *
 * @param x       `[batch, height · factor, width · factor, channels]`, float32
 * @param factor  at least 1
 * @returns       `[batch, height, width, channels · factor²]`
 * @throws {ShapeError} `x` has another rank, or a height or width that `factor` does not divide
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} `factor` is no positive integer
 * @example
 * pixelUnshuffle(tensor4d([[[[1], [2]], [[3], [4]]]]), 2); // [[[[1, 2, 3, 4]]]]
 */
export function pixelUnshuffle(x: Tensor, factor: number): Tensor {
  checkInteger('pixelUnshuffle', 'factor', factor, { minimum: 1 });
  checkSpatial('pixelUnshuffle', x, 2);
  const [batch, rows, columns, channels] = x.shape;
  const [height, width] = [rows / factor, columns / factor];
  if (!Number.isInteger(height) || !Number.isInteger(width)) {
    throw indivisible('pixelUnshuffle', x, `height and width divisible by ${factor}`);
  }
  return tidy(() => {
    const blocks = reshape(x, [batch, height, factor, width, factor, channels]);
    return reshape(transpose(blocks, [0, 1, 3, 5, 2, 4]), [batch, height, width, channels * factor ** 2]);
  });
}

function indivisible(op: string, x: Tensor, what: string): ShapeError {
  return new ShapeError({ op, argument: 'x', expected: `with ${what}`, received: x.shape });
}

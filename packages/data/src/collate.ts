// SPDX-License-Identifier: Apache-2.0
// Examples put together into the tensors of one batch.

import {
  ShapeError,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tensor1d,
  tensor2d,
  tensor3d,
  tensor4d,
} from '@nabla/core';
import type { ImageExample } from './image.ts';
import type { RegressionExample } from './regression-dataset.ts';
import type { TableExample } from './table-dataset.ts';
import type { TextExample } from './text-dataset.ts';
import type { WindowExample } from './window-dataset.ts';

/** A batch of table rows. */
export interface TableBatch {
  /** `[batch, features]`, float32 */
  readonly features: Tensor2D;
  /** `[batch]`, int32: class ids */
  readonly labels: Tensor1D;
}

/** A batch of text windows. */
export interface TextBatch {
  /** `[batch, time]`, int32: token ids */
  readonly inputs: Tensor2D;
  /** `[batch, time]`, int32: the token after each input */
  readonly targets: Tensor2D;
}

/** A batch of images. */
export interface ImageBatch {
  /** `[batch, height, width, channels]`, float32 */
  readonly images: Tensor4D;
  /** `[batch]`, int32: class ids */
  readonly labels: Tensor1D;
}

/** A batch of rows with numbers to predict. */
export interface RegressionBatch {
  /** `[batch, features]`, float32 */
  readonly features: Tensor2D;
  /** `[batch, 1]`, float32: of the shape that a layer with one output gives */
  readonly targets: Tensor2D;
}

/** A batch of windows of a time series. */
export interface WindowBatch {
  /** `[batch, inputLength, columns]`, float32 */
  readonly inputs: Tensor3D;
  /** `[batch, horizon, targetColumns]`, float32: the times right after the inputs */
  readonly targets: Tensor3D;
}

/**
 * Rows of a table as tensors, which the caller disposes of.
 *
 * @param examples  at least one; all with the same number of features
 * @example
 * collateTable([{ features: new Float32Array([1, 2]), label: 3 }]).features; // [[1, 2]]
 */
export function collateTable(examples: readonly TableExample[]): TableBatch {
  const labels = Int32Array.from(examples, ({ label }) => label);
  return { features: stackFeatures(examples), labels: tensor1d(labels, 'int32') };
}

/**
 * Rows with a number to predict as tensors, which the caller disposes of.
 *
 * @param examples  at least one; all with the same number of features
 * @example
 * collateRegression([{ features: new Float32Array([1, 2]), target: 0.5 }]).targets; // [[0.5]]
 */
export function collateRegression(examples: readonly RegressionExample[]): RegressionBatch {
  const targets = Float32Array.from(examples, ({ target }) => target);
  return { features: stackFeatures(examples), targets: tensor2d(targets, [examples.length, 1], 'float32') };
}

/**
 * Windows of a text as tensors, which the caller disposes of.
 *
 * @param examples  at least one; all of the same length
 * @example
 * collateText([{ inputs: new Int32Array([5, 6]), targets: new Int32Array([6, 7]) }]).targets; // [[6, 7]]
 */
export function collateText(examples: readonly TextExample[]): TextBatch {
  return {
    inputs: stackIds(examples.map(({ inputs }) => inputs)),
    targets: stackIds(examples.map(({ targets }) => targets)),
  };
}

/**
 * Images as tensors, which the caller disposes of.
 *
 * @param examples  at least one; all images of the same shape
 * @throws {ShapeError} an image has another shape than the first: make them equal first, for example with `resize`
 * @example
 * const image = { height: 1, width: 2, channels: 1, pixels: Float32Array.of(0, 0.5) };
 * collateImages([{ image, label: 3 }]).images; // [[[[0], [0.5]]]]
 */
export function collateImages(examples: readonly ImageExample[]): ImageBatch {
  const { height = 0, width = 0, channels = 0 } = examples[0]?.image ?? {};
  const size = height * width * channels;
  const pixels = new Float32Array(examples.length * size);
  examples.forEach(({ image }, i) => {
    if (image.height !== height || image.width !== width || image.channels !== channels) {
      const expected = `[${height}, ${width}, ${channels}]`;
      const received = [image.height, image.width, image.channels];
      const hint = 'All images of a batch must have the shape of the first: resize or crop them.';
      throw new ShapeError({ op: 'collateImages', argument: `image ${i}`, expected, received, hint });
    }
    pixels.set(image.pixels, i * size);
  });
  const labels = Int32Array.from(examples, ({ label }) => label);
  return {
    images: tensor4d(pixels, [examples.length, height, width, channels], 'float32'),
    labels: tensor1d(labels, 'int32'),
  };
}

/**
 * Windows of a time series as tensors, which the caller disposes of.
 *
 * @param examples  at least one; all windows of the same lengths and columns
 * @example
 * const window = { inputs: Float32Array.of(1, 2), targets: Float32Array.of(3), columns: 1, targetColumns: 1 };
 * collateWindows([window]).inputs; // [[[1], [2]]]
 */
export function collateWindows(examples: readonly WindowExample[]): WindowBatch {
  const { columns = 0, targetColumns = 0 } = examples[0] ?? {};
  return {
    inputs: stackTimes(
      examples.map(({ inputs }) => inputs),
      columns,
    ),
    targets: stackTimes(
      examples.map(({ targets }) => targets),
      targetColumns,
    ),
  };
}

/** `[batch, times, columns]` of the `[times, columns]` of each window. */
function stackTimes(windows: readonly Float32Array[], columns: number): Tensor3D {
  const size = windows[0]?.length ?? 0;
  const values = new Float32Array(windows.length * size);
  windows.forEach((window, i) => values.set(window, i * size));
  return tensor3d(values, [windows.length, size / columns, columns], 'float32');
}

function stackFeatures(examples: readonly { readonly features: Float32Array }[]): Tensor2D {
  const width = examples[0]?.features.length ?? 0;
  const features = new Float32Array(examples.length * width);
  examples.forEach((example, row) => features.set(example.features, row * width));
  return tensor2d(features, [examples.length, width], 'float32');
}

function stackIds(rows: readonly Int32Array[]): Tensor2D {
  const width = rows[0]?.length ?? 0;
  const ids = new Int32Array(rows.length * width);
  rows.forEach((row, i) => ids.set(row, i * width));
  return tensor2d(ids, [rows.length, width], 'int32');
}

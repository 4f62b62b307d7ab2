// SPDX-License-Identifier: Apache-2.0
// Examples put together into the tensors of one batch.

import { type Tensor1D, type Tensor2D, tensor1d, tensor2d } from '@nabla/core';
import type { TableExample } from './table-dataset.ts';
import type { TextExample } from './text-dataset.ts';

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

/**
 * Rows of a table as tensors, which the caller disposes of.
 *
 * @param examples  at least one; all with the same number of features
 * @example
 * collateTable([{ features: new Float32Array([1, 2]), label: 3 }]).features; // [[1, 2]]
 */
export function collateTable(examples: readonly TableExample[]): TableBatch {
  const width = examples[0]?.features.length ?? 0;
  const features = new Float32Array(examples.length * width);
  examples.forEach((example, row) => features.set(example.features, row * width));
  const labels = Int32Array.from(examples, ({ label }) => label);
  return { features: tensor2d(features, [examples.length, width], 'float32'), labels: tensor1d(labels, 'int32') };
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

function stackIds(rows: readonly Int32Array[]): Tensor2D {
  const width = rows[0]?.length ?? 0;
  const ids = new Int32Array(rows.length * width);
  rows.forEach((row, i) => ids.set(row, i * width));
  return tensor2d(ids, [rows.length, width], 'int32');
}

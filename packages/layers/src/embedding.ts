// SPDX-License-Identifier: Apache-2.0
// A learned vector for each entry of a vocabulary.

import {
  type Generator,
  type Tensor,
  checkInteger,
  embedding,
  equal,
  expandDims,
  normal,
  range,
  scalar,
  scope,
  where,
  zerosLike,
} from '@nabla/core';

import { checkDrawingOptions } from './drawing-options.ts';
import { Module } from './module.ts';
import { type Parameter, parameter } from './parameter.ts';

export interface EmbeddingOptions {
  /** Draws the initial values. */
  generator: Generator;
  /** The index of padding: its row starts at zero and gets no gradient. Default: there is none. */
  paddingIndex?: number;
}

/**
 * `y[..., :] = weight[indices[...], :]`. See {@link embedding}. The weight starts normal with mean 0 and deviation 1, as in PyTorch.
 *
 * @example
 * const layer = new Embedding(10, 4, { generator: new Generator(1) });
 * layer.forward(tensor([[1, 2, 3]], undefined, 'int32')).shape; // [1, 3, 4]
 */
export class Embedding extends Module {
  readonly weight: Parameter; // [vocabulary, features]
  readonly paddingIndex: number | undefined;

  constructor(vocabulary: number, features: number, options: EmbeddingOptions) {
    super();
    checkDrawingOptions('Embedding', options, ['paddingIndex']);
    checkInteger('Embedding', 'vocabulary', vocabulary, { minimum: 1 });
    checkInteger('Embedding', 'features', features, { minimum: 1 });
    this.weight = parameter(initialRows('Embedding', vocabulary, features, options));
    this.paddingIndex = options.paddingIndex;
  }

  /** int32 `[...batch]` → `[...batch, features]`. */
  override forward(indices: Tensor): Tensor {
    return embedding(this.weight, indices, { paddingIndex: this.paddingIndex });
  }
}

/**
 * Rows of standard normal numbers, that of padding zero.
 *
 * @throws {ArgumentError} `paddingIndex` is no index of a row
 */
export function initialRows(
  op: string,
  vocabulary: number,
  features: number,
  { generator, paddingIndex }: EmbeddingOptions,
): Tensor {
  if (paddingIndex === undefined) return normal([vocabulary, features], generator);
  checkInteger(op, 'paddingIndex', paddingIndex, { minimum: 0, maximum: vocabulary - 1 });
  return scope(() => {
    const drawn = normal([vocabulary, features], generator);
    const isPadding = equal(range(0, vocabulary, 1, 'int32'), scalar(paddingIndex, 'int32')); // [vocabulary]
    return where(expandDims(isPadding, -1), zerosLike(drawn), drawn);
  });
}

// SPDX-License-Identifier: Apache-2.0
// A learned vector for each entry of a vocabulary.

import { type Generator, type Tensor, checkInteger, checkOptions, embedding, normal } from '@nabla/core';

import { Module } from './module.ts';
import { type Parameter, parameter } from './parameter.ts';

export interface EmbeddingOptions {
  /** Draws the initial values. */
  generator: Generator;
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

  constructor(vocabulary: number, features: number, options: EmbeddingOptions) {
    super();
    checkOptions('Embedding', options, ['generator']);
    checkInteger('Embedding', 'vocabulary', vocabulary, { minimum: 1 });
    checkInteger('Embedding', 'features', features, { minimum: 1 });
    this.weight = parameter(normal([vocabulary, features], options.generator));
  }

  /** int32 `[...batch]` → `[...batch, features]`. */
  override forward(indices: Tensor): Tensor {
    return embedding(this.weight, indices);
  }
}

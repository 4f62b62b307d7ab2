// SPDX-License-Identifier: Apache-2.0
// Gated recurrent units.

import { type RecurrentOptions, type RecurrentResult, type RecurrentWeights, type Tensor, gru } from '@nabla/core';

import { OneStateLayer } from './one-state-layer.ts';
import type { RecurrentLayerOptions } from './recurrent-layer.ts';

/**
 * Gated recurrent units over sequences: see {@link gru}. PyTorch's GRU with `batch_first`.
 *
 * @example
 * const layer = new GRU(3, 4, { generator: new Generator(1), bidirectional: true });
 * const { output, state } = layer.forward(ones([5, 7, 3]));
 * output.shape; // [5, 7, 8]
 * state.shape; // [2, 5, 4]
 */
export class GRU extends OneStateLayer {
  constructor(inputs: number, hidden: number, options: RecurrentLayerOptions) {
    super('GRU', { gates: 3, inputs, hidden }, options);
  }

  protected override scan(
    x: Tensor,
    weights: RecurrentWeights,
    options: RecurrentOptions<Tensor>,
  ): RecurrentResult<Tensor> {
    return gru(x, weights, options);
  }
}

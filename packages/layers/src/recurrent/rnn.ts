// SPDX-License-Identifier: Apache-2.0
// Elman's recurrent network.

import {
  type RecurrentOptions,
  type RecurrentResult,
  type RecurrentWeights,
  type Tensor,
  checkOneOf,
  rnn,
} from '@nabla/core';

import { checkDrawingOptions } from '../drawing-options.ts';
import { OneStateLayer } from './one-state-layer.ts';
import { RECURRENT_LAYER_OPTIONS, type RecurrentLayerOptions } from './recurrent-layer.ts';

export interface RNNOptions extends RecurrentLayerOptions {
  /** Applied to the new state; default `tanh`. */
  activation?: 'tanh' | 'relu';
}

/**
 * `h ← activation(weight_ih · x + bias_ih + weight_hh · h + bias_hh)` for each step x of a sequence: see {@link rnn}.
 * PyTorch's RNN with `batch_first`; its `nonlinearity` is `activation` here.
 *
 * @example
 * const layer = new RNN(3, 4, { generator: new Generator(1), layers: 2 });
 * const { output, state } = layer.forward(ones([5, 7, 3]));
 * output.shape; // [5, 7, 4]
 * state.shape; // [2, 5, 4]
 */
export class RNN extends OneStateLayer {
  readonly activation: 'tanh' | 'relu';

  constructor(inputs: number, hidden: number, options: RNNOptions) {
    checkDrawingOptions('RNN', options, [...RECURRENT_LAYER_OPTIONS, 'activation']);
    const { activation = 'tanh', ...rest } = options;
    checkOneOf('RNN', 'activation', activation, ['tanh', 'relu']);
    super('RNN', { gates: 1, inputs, hidden }, rest);
    this.activation = activation;
  }

  protected override scan(
    x: Tensor,
    weights: RecurrentWeights,
    options: RecurrentOptions<Tensor>,
  ): RecurrentResult<Tensor> {
    return rnn(x, weights, { ...options, activation: this.activation });
  }
}

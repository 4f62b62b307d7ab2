// SPDX-License-Identifier: Apache-2.0
// Elman's recurrent network.

import { type RecurrentResult, type RecurrentWeights, type Tensor, checkOneOf, checkOptions, rnn } from '@nabla/core';

import {
  type DirectionOptions,
  type DirectionResult,
  RECURRENT_LAYER_OPTIONS,
  type RecurrentInput,
  RecurrentLayer,
  type RecurrentLayerOptions,
} from './recurrent-layer.ts';

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
export class RNN extends RecurrentLayer<'hidden'> {
  readonly activation: 'tanh' | 'relu';

  constructor(inputs: number, hidden: number, options: RNNOptions) {
    checkOptions('RNN', options, [...RECURRENT_LAYER_OPTIONS, 'activation']);
    const { activation = 'tanh', ...rest } = options;
    checkOneOf('RNN', 'activation', activation, ['tanh', 'relu']);
    super('RNN', { gates: 1, inputs, hidden }, rest);
    this.activation = activation;
  }

  /**
   * @param x `[batch, time, inputs]`, float32
   * @returns the last layer's states after each step, `[batch, time, directions * hidden]`, and the final states of all layers,
   *   `[layers * directions, batch, hidden]`
   * @throws {ShapeError} x or the state does not match
   * @throws {ArgumentError} a length is not from 1 to time
   */
  override forward(x: Tensor, { state, lengths }: RecurrentInput<Tensor> = {}): RecurrentResult<Tensor> {
    const result = this.run(x, ['hidden'], { state: state && { hidden: state }, lengths });
    return { output: result.output, state: result.state.hidden };
  }

  protected override direction(
    x: Tensor,
    weights: RecurrentWeights,
    { before, ...options }: DirectionOptions<'hidden'>,
  ): DirectionResult<'hidden'> {
    const { output, state } = rnn(x, weights, { ...options, activation: this.activation, state: before?.hidden });
    return { output, after: { hidden: state } };
  }
}

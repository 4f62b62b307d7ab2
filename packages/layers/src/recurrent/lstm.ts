// SPDX-License-Identifier: Apache-2.0
// Long short-term memory.

import { type LstmState, type RecurrentResult, type RecurrentWeights, type Tensor, lstm } from '@nabla/core';

import {
  type DirectionOptions,
  type DirectionResult,
  type RecurrentInput,
  RecurrentLayer,
  type RecurrentLayerOptions,
} from './recurrent-layer.ts';

/**
 * Long short-term memory over sequences: see {@link lstm}. PyTorch's LSTM with `batch_first`, without `proj_size`.
 *
 * @example
 * const layer = new LSTM(3, 4, { generator: new Generator(1), layers: 2 });
 * const { output, state } = layer.forward(ones([5, 7, 3]));
 * output.shape; // [5, 7, 4]
 * state.cell.shape; // [2, 5, 4]
 */
export class LSTM extends RecurrentLayer<'hidden' | 'cell'> {
  constructor(inputs: number, hidden: number, options: RecurrentLayerOptions) {
    super('LSTM', { gates: 4, inputs, hidden }, options);
  }

  /**
   * @param x `[batch, time, inputs]`, float32
   * @returns the last layer's hidden states after each step, `[batch, time, directions * hidden]`, and the final hidden and cell
   *   states of all layers, `[layers * directions, batch, hidden]` each
   * @throws {ShapeError} x or the state does not match
   * @throws {ArgumentError} a length is not from 1 to time
   */
  override forward(x: Tensor, options: RecurrentInput<LstmState> = {}): RecurrentResult<LstmState> {
    return this.run(x, ['hidden', 'cell'], options);
  }

  protected override direction(
    x: Tensor,
    weights: RecurrentWeights,
    { before, ...options }: DirectionOptions<'hidden' | 'cell'>,
  ): DirectionResult<'hidden' | 'cell'> {
    const { output, state } = lstm(x, weights, { ...options, state: before });
    return { output, after: state };
  }
}

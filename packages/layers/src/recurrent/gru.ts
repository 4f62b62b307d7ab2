// SPDX-License-Identifier: Apache-2.0
// Gated recurrent units.

import { type RecurrentResult, type RecurrentWeights, type Tensor, gru } from '@nabla/core';

import {
  type DirectionOptions,
  type DirectionResult,
  type RecurrentInput,
  RecurrentLayer,
  type RecurrentLayerOptions,
} from './recurrent-layer.ts';

/**
 * Gated recurrent units over sequences: see {@link gru}. PyTorch's GRU with `batch_first`.
 *
 * @example
 * const layer = new GRU(3, 4, { generator: new Generator(1), bidirectional: true });
 * const { output, state } = layer.forward(ones([5, 7, 3]));
 * output.shape; // [5, 7, 8]
 * state.shape; // [2, 5, 4]
 */
export class GRU extends RecurrentLayer<'hidden'> {
  constructor(inputs: number, hidden: number, options: RecurrentLayerOptions) {
    super('GRU', { gates: 3, inputs, hidden }, options);
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
    const { output, state } = gru(x, weights, { ...options, state: before?.hidden });
    return { output, after: { hidden: state } };
  }
}

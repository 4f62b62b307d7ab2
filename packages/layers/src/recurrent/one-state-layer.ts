// SPDX-License-Identifier: Apache-2.0
// What RNN and GRU have in common: a state of one tensor, which their users see without a name.

import type { RecurrentOptions, RecurrentResult, RecurrentWeights, Tensor } from '@nabla/core';

import { type DirectionOptions, type DirectionResult, type RecurrentInput, RecurrentLayer } from './recurrent-layer.ts';

/** A recurrent layer whose state is one tensor. */
export abstract class OneStateLayer extends RecurrentLayer<'hidden'> {
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
    const { output, state } = this.scan(x, weights, { ...options, state: before?.hidden });
    return { output, after: { hidden: state } };
  }

  /** Runs one layer in one direction: an operation of core. */
  protected abstract scan(
    x: Tensor,
    weights: RecurrentWeights,
    options: RecurrentOptions<Tensor>,
  ): RecurrentResult<Tensor>;
}

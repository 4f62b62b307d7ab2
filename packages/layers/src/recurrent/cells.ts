// SPDX-License-Identifier: Apache-2.0
// One step of a recurrent network, for loops that decide the next input themselves.

import {
  type Generator,
  type LstmState,
  type Tensor,
  checkBoolean,
  checkFloat,
  checkInteger,
  checkOneOf,
  checkRank,
  expandDims,
  gru,
  lstm,
  rnn,
} from '@nabla/core';

import { checkDrawingOptions } from '../drawing-options.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { initialWeights } from './recurrent-weights.ts';

export interface RecurrentCellOptions {
  /** Draws the initial values. */
  generator: Generator;
  /** Whether biases are added; default true. */
  bias?: boolean;
}

export interface RNNCellOptions extends RecurrentCellOptions {
  /** Applied to the new state; default `tanh`. */
  activation?: 'tanh' | 'relu';
}

/** The weights of a cell by PyTorch's names. */
abstract class RecurrentCell extends Module {
  readonly weight_ih: Parameter; // [gates * hidden, inputs]
  readonly weight_hh: Parameter; // [gates * hidden, hidden]
  readonly bias_ih: Parameter | undefined; // [gates * hidden]
  readonly bias_hh: Parameter | undefined;

  constructor(op: string, gates: number, inputs: number, hidden: number, options: RecurrentCellOptions) {
    super();
    checkDrawingOptions(op, options, ['bias']);
    checkInteger(op, 'inputs', inputs, { minimum: 1 });
    checkInteger(op, 'hidden', hidden, { minimum: 1 });
    const { generator, bias = true } = options;
    checkBoolean(op, 'bias', bias);
    const weights = initialWeights({ gates, inputs, hidden }, bias, generator);
    this.weight_ih = weights.weight_ih;
    this.weight_hh = weights.weight_hh;
    this.bias_ih = weights.bias_ih;
    this.bias_hh = weights.bias_hh;
  }

  /** `[batch, inputs]` as a sequence of one step. */
  protected sequence(x: Tensor): Tensor {
    checkFloat(this.constructor.name, { x });
    checkRank(this.constructor.name, 'x', x, 2);
    return expandDims(x, 1);
  }

  protected weights(): Pick<this, 'weight_ih' | 'weight_hh' | 'bias_ih' | 'bias_hh'> {
    const { weight_ih, weight_hh, bias_ih, bias_hh } = this;
    return { weight_ih, weight_hh, bias_ih, bias_hh };
  }
}

/**
 * `activation(weight_ih · x + bias_ih + weight_hh · h + bias_hh)`: one step of {@link rnn}.
 *
 * @example
 * const cell = new RNNCell(3, 4, { generator: new Generator(1) });
 * cell.forward(ones([5, 3])).shape; // [5, 4]
 */
export class RNNCell extends RecurrentCell {
  readonly activation: 'tanh' | 'relu';

  constructor(inputs: number, hidden: number, options: RNNCellOptions) {
    checkDrawingOptions('RNNCell', options, ['bias', 'activation']);
    const { activation = 'tanh', ...rest } = options;
    checkOneOf('RNNCell', 'activation', activation, ['tanh', 'relu']);
    super('RNNCell', 1, inputs, hidden, rest);
    this.activation = activation;
  }

  /** `[batch, inputs]` and the state `[batch, hidden]` (default zeros) → the next state. */
  override forward(x: Tensor, state?: Tensor): Tensor {
    return rnn(this.sequence(x), this.weights(), { state, activation: this.activation }).state;
  }
}

/**
 * One step of {@link lstm}.
 *
 * @example
 * const cell = new LSTMCell(3, 4, { generator: new Generator(1) });
 * const state = cell.forward(ones([5, 3]));
 * cell.forward(ones([5, 3]), state).hidden.shape; // [5, 4]
 */
export class LSTMCell extends RecurrentCell {
  constructor(inputs: number, hidden: number, options: RecurrentCellOptions) {
    super('LSTMCell', 4, inputs, hidden, options);
  }

  /** `[batch, inputs]` and the state, `[batch, hidden]` each (default zeros) → the next state. */
  override forward(x: Tensor, state?: LstmState): LstmState {
    return lstm(this.sequence(x), this.weights(), { state }).state;
  }
}

/**
 * One step of {@link gru}.
 *
 * @example
 * const cell = new GRUCell(3, 4, { generator: new Generator(1) });
 * cell.forward(ones([5, 3])).shape; // [5, 4]
 */
export class GRUCell extends RecurrentCell {
  constructor(inputs: number, hidden: number, options: RecurrentCellOptions) {
    super('GRUCell', 3, inputs, hidden, options);
  }

  /** `[batch, inputs]` and the state `[batch, hidden]` (default zeros) → the next state. */
  override forward(x: Tensor, state?: Tensor): Tensor {
    return gru(this.sequence(x), this.weights(), { state }).state;
  }
}

// SPDX-License-Identifier: Apache-2.0
// What recurrent networks take and give.

import type { Tensor } from '../tf.ts';

/** The weights of one layer in one direction, by PyTorch's names; `gates` is 1 for rnn, 4 for lstm, 3 for gru. */
export interface RecurrentWeights {
  /** `[gates * hidden, features]` */
  readonly weight_ih: Tensor;
  /** `[gates * hidden, hidden]` */
  readonly weight_hh: Tensor;
  /** `[gates * hidden]`; both biases or none. */
  readonly bias_ih?: Tensor | undefined;
  /** `[gates * hidden]` */
  readonly bias_hh?: Tensor | undefined;
}

export interface RecurrentOptions<State> {
  /** The state before the first step; default zeros. */
  state?: State | undefined;
  /** Whether the steps go from the last to the first; default false. */
  reverse?: boolean;
  /**
   * How many steps each row of the batch has, 1 to time; default all. The steps behind them are padding: they are not read, leave
   * the state as it is, and their output is 0. A reversed row starts at its own last step.
   */
  lengths?: readonly number[] | undefined;
}

export interface RnnOptions extends RecurrentOptions<Tensor> {
  /** Applied to the new state; default `tanh`. */
  activation?: 'tanh' | 'relu';
}

/** The state of an lstm, `[batch, hidden]` each. */
export interface LstmState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/** What a recurrent network gives. */
export interface RecurrentResult<State> {
  /** The hidden state after each step, `[batch, time, hidden]`. */
  readonly output: Tensor;
  /** The state after the last step of each row. */
  readonly state: State;
}

// SPDX-License-Identifier: Apache-2.0
// The initial weights of recurrent layers and cells.

import { type Generator, type RecurrentWeights, uniform } from '@nabla/core';

import { type Parameter, parameter } from '../parameter.ts';

export interface RecurrentSizes {
  /** Blocks of `hidden` rows of a weight: 1 of rnn, 4 of lstm, 3 of gru. */
  readonly gates: number;
  /** Features of the input. */
  readonly inputs: number;
  /** Features of the state. */
  readonly hidden: number;
}

/** {@link RecurrentWeights} that are parameters. */
export interface RecurrentParameters extends RecurrentWeights {
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias_ih?: Parameter;
  readonly bias_hh?: Parameter;
}

/** Weights and biases uniform in `±1 / sqrt(hidden)`, as in PyTorch. */
export function initialWeights(
  { gates, inputs, hidden }: RecurrentSizes,
  bias: boolean,
  generator: Generator,
): RecurrentParameters {
  const bound = 1 / Math.sqrt(hidden);
  const draw = (shape: number[]): Parameter => parameter(uniform(shape, generator, { low: -bound, high: bound }));
  const rows = gates * hidden;
  return {
    weight_ih: draw([rows, inputs]),
    weight_hh: draw([rows, hidden]),
    ...(bias && { bias_ih: draw([rows]), bias_hh: draw([rows]) }),
  };
}

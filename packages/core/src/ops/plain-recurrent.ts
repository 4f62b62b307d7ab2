// SPDX-License-Identifier: Apache-2.0
// The formulas of rnn, lstm and gru, op by op and step by step.

import type { RecurrentCell } from '../backend/definitions/recurrent-cells.ts';
import {
  type Tensor,
  add,
  gather,
  matMul,
  mul,
  relu,
  sigmoid,
  split,
  stack,
  sub,
  tanh,
  tensor2d,
  where,
  zeros,
  zerosLike,
} from '../tf.ts';
import type {
  LstmState,
  RecurrentOptions,
  RecurrentResult,
  RecurrentWeights,
  RnnOptions,
} from './recurrent-options.ts';

/** From what the input and the state give each gate, `[batch, gates * hidden]`, to the next state. */
type Step = (given: Tensor, recalled: Tensor, states: readonly Tensor[]) => Tensor[];

const STEPS: Readonly<Record<RecurrentCell, Step>> = {
  tanh: (given, recalled) => [tanh(add(given, recalled))],
  relu: (given, recalled) => [relu(add(given, recalled))],
  lstm: (given, recalled, [, before]) => {
    const [i, f, g, o] = split(add(given, recalled), 4, 1);
    const cell = add(mul(sigmoid(f), before), mul(sigmoid(i), tanh(g)));
    return [mul(sigmoid(o), tanh(cell)), cell];
  },
  gru: (given, recalled, [before]) => {
    const [[r, z, n], [resetBy, updateBy, newBy]] = [split(given, 3, 1), split(recalled, 3, 1)];
    const fresh = tanh(add(n, mul(sigmoid(add(r, resetBy)), newBy)));
    const update = sigmoid(add(z, updateBy));
    return [add(mul(sub(1, update), fresh), mul(update, before))];
  },
};

/** The formula of {@link rnn}. */
export function plainRnn(
  x: Tensor,
  weights: RecurrentWeights,
  { activation = 'tanh', state, ...rest }: RnnOptions = {},
): RecurrentResult<Tensor> {
  const { output, states } = plainRecurrent(activation, x, weights, [state], rest);
  return { output, state: states[0] };
}

/** The formula of {@link lstm}. */
export function plainLstm(
  x: Tensor,
  weights: RecurrentWeights,
  { state, ...rest }: RecurrentOptions<LstmState> = {},
): RecurrentResult<LstmState> {
  const { output, states } = plainRecurrent('lstm', x, weights, [state?.hidden, state?.cell], rest);
  return { output, state: { hidden: states[0], cell: states[1] } };
}

/** The formula of {@link gru}. */
export function plainGru(
  x: Tensor,
  weights: RecurrentWeights,
  { state, ...rest }: RecurrentOptions<Tensor> = {},
): RecurrentResult<Tensor> {
  const { output, states } = plainRecurrent('gru', x, weights, [state], rest);
  return { output, state: states[0] };
}

/** The steps of a cell over the time. Where a row has no such step its states stay, and its output is 0. */
export function plainRecurrent(
  kind: RecurrentCell,
  x: Tensor,
  { weight_ih, weight_hh, bias_ih, bias_hh }: RecurrentWeights,
  initial: readonly (Tensor | undefined)[],
  { reverse = false, lengths }: Pick<RecurrentOptions<never>, 'reverse' | 'lengths'>,
): { output: Tensor; states: Tensor[] } {
  const [batch, time] = x.shape;
  const [, hidden] = weight_hh.shape;
  const affine = (input: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor => {
    const product = matMul(input, weight, false, true);
    return bias === undefined ? product : add(product, bias);
  };
  let states = initial.map((state) => state ?? zeros([batch, hidden]));
  const outputs = new Array<Tensor>(time);
  for (let i = 0; i < time; i++) {
    const t = reverse ? time - 1 - i : i;
    const given = affine(gather(x, t, 1), weight_ih, bias_ih);
    const next = STEPS[kind](given, affine(states[0], weight_hh, bias_hh), states);
    if (lengths === undefined) {
      states = next;
      outputs[t] = next[0];
    } else {
      const has = tensor2d(
        Array.from({ length: batch }, (_, row) => t < lengths[row]),
        [batch, 1],
        'bool',
      );
      states = next.map((state, s) => where(has, state, states[s]));
      outputs[t] = where(has, next[0], zerosLike(next[0]));
    }
  }
  return { output: stack(outputs, 1), states };
}

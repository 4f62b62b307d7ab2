// SPDX-License-Identifier: Apache-2.0
// Recurrent networks over whole sequences, one layer in one direction: checks, the fused kernel and its gradient.

import { recurrentBlocks, type RecurrentAttributes } from '../backend/definitions/recurrent.ts';
import type { RecurrentCell } from '../backend/definitions/recurrent-cells.ts';
import { checkBoolean, checkFloat, checkInteger, checkOneOf, checkOptions, checkRank, checkShape } from '../check.ts';
import { ArgumentError, formatShape } from '../errors.ts';
import { type Tensor, concat, expandDims, reshape, slice, zeros } from '../tf.ts';
import { plainRecurrent } from './plain-recurrent.ts';
import type {
  LstmState,
  RecurrentOptions,
  RecurrentResult,
  RecurrentWeights,
  RnnOptions,
} from './recurrent-options.ts';
import { defineGradient, runFused, runKernel } from './run.ts';

const OPTIONS = ['state', 'reverse', 'lengths'];

/**
 * `h ← activation(weight_ih · x + bias_ih + weight_hh · h + bias_hh)` for each step x in time (Elman's network).
 *
 * @param x       `[batch, time, features]`, float32
 * @param weights see {@link RecurrentWeights}: 1 gate
 * @param options `activation`: `tanh` or `relu`; see {@link RecurrentOptions}; the state is h, `[batch, hidden]`
 * @returns       the outputs `[batch, time, hidden]` and the final h
 * @throws {ShapeError} x has no step, or a weight, bias or state does not match
 * @throws {DTypeError} a tensor is not float32
 * @throws {ArgumentError} an option is unknown or out of range, or only one bias is given
 * @see Elman 1990, https://doi.org/10.1207/s15516709cog1402_1
 * @example
 * const weights = { weight_ih: tensor2d([[1]]), weight_hh: tensor2d([[2]]) };
 * rnn(tensor3d([[[1], [1]]]), weights, { activation: 'relu' }).output; // [[[1], [3]]]
 */
export function rnn(x: Tensor, weights: RecurrentWeights, options: RnnOptions = {}): RecurrentResult<Tensor> {
  checkOptions('rnn', options, [...OPTIONS, 'activation']);
  const { activation = 'tanh', state, ...rest } = options;
  checkOneOf('rnn', 'activation', activation, ['tanh', 'relu']);
  const { output, states } = run('rnn', activation, x, weights, [state], rest);
  return { output, state: states[0] };
}

/**
 * Long short-term memory. With the gates `i, f, g, o = weight_ih · x + bias_ih + weight_hh · h + bias_hh` and s the logistic
 * function, for each step x in time: `c ← s(f) * c + s(i) * tanh(g)`, `h ← s(o) * tanh(c)`.
 *
 * @param x       `[batch, time, features]`, float32
 * @param weights see {@link RecurrentWeights}: 4 gates, in the order i, f, g, o
 * @param options see {@link RecurrentOptions}; the state is h and c, `[batch, hidden]` each
 * @returns       the outputs `[batch, time, hidden]` and the final h and c
 * @throws {ShapeError} x has no step, or a weight, bias or state does not match
 * @throws {DTypeError} a tensor is not float32
 * @throws {ArgumentError} an option is unknown or out of range, or only one bias is given
 * @see Hochreiter & Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735
 * @example
 * const weights = { weight_ih: zeros([4, 1]), weight_hh: zeros([4, 1]) };
 * lstm(ones([1, 2, 1]), weights, { state: { hidden: zeros([1, 1]), cell: ones([1, 1]) } }).state.cell; // [[0.25]]
 */
export function lstm(
  x: Tensor,
  weights: RecurrentWeights,
  options: RecurrentOptions<LstmState> = {},
): RecurrentResult<LstmState> {
  checkOptions('lstm', options, OPTIONS);
  const { state, ...rest } = options;
  checkOptions('lstm', state, ['hidden', 'cell']);
  const { output, states } = run('lstm', 'lstm', x, weights, [state?.hidden, state?.cell], rest);
  return { output, state: { hidden: states[0], cell: states[1] } };
}

/**
 * Gated recurrent units. With `r, z, n = weight_ih · x + bias_ih`, `r', z', n' = weight_hh · h + bias_hh` and s the logistic
 * function, for each step x in time: `h ← (1 - u) * tanh(n + s(r + r') * n') + u * h`, where `u = s(z + z')`.
 *
 * @param x       `[batch, time, features]`, float32
 * @param weights see {@link RecurrentWeights}: 3 gates, in the order r, z, n
 * @param options see {@link RecurrentOptions}; the state is h, `[batch, hidden]`
 * @returns       the outputs `[batch, time, hidden]` and the final h
 * @throws {ShapeError} x has no step, or a weight, bias or state does not match
 * @throws {DTypeError} a tensor is not float32
 * @throws {ArgumentError} an option is unknown or out of range, or only one bias is given
 * @see Cho et al. 2014, https://arxiv.org/abs/1406.1078; the form of n' is PyTorch's and cuDNN's
 * @example
 * const weights = { weight_ih: zeros([3, 1]), weight_hh: zeros([3, 1]) };
 * gru(ones([1, 2, 1]), weights, { state: ones([1, 1]) }).output; // [[[0.5], [0.25]]]
 */
export function gru(
  x: Tensor,
  weights: RecurrentWeights,
  options: RecurrentOptions<Tensor> = {},
): RecurrentResult<Tensor> {
  checkOptions('gru', options, OPTIONS);
  const { state, ...rest } = options;
  const { output, states } = run('gru', 'gru', x, weights, [state], rest);
  return { output, state: states[0] };
}

type Rest = Pick<RecurrentOptions<never>, 'reverse' | 'lengths'>;

/** Checks and runs; `states` names those before the first step, undefined for zeros. */
function run(
  op: string,
  kind: RecurrentCell,
  x: Tensor,
  weights: RecurrentWeights,
  states: readonly (Tensor | undefined)[],
  { reverse = false, lengths = [] }: Rest,
): { output: Tensor; states: Tensor[] } {
  const { weight_ih, weight_hh, bias_ih, bias_hh } = checkWeights(op, kind, x, weights);
  const [batch, time] = x.shape;
  const [, hidden] = weight_hh.shape;
  const [first, second] = states.map((state, i) => checkState(op, ['hidden', 'cell'][i], state, [batch, hidden]));
  checkBoolean(op, 'reverse', reverse);
  checkLengths(op, lengths, batch, time);
  const inputs = {
    x,
    weightIh: weight_ih,
    weightHh: weight_hh,
    ...(bias_ih && { biasIh: bias_ih, biasHh: bias_hh }),
    hidden: first,
    ...(states.length === 2 && { cell: second }),
  };
  const attributes: RecurrentAttributes = { kind, reverse, lengths: [...lengths] };
  // One tensor, since a gradient is of one output: the outputs in time, then each final state as one more step.
  const all = runFused('NablaRecurrent', inputs, attributes); // [batch, time + states, hidden]
  const last = states.map((_, i) => reshape(slice(all, [0, time + i, 0], [batch, 1, hidden]), [batch, hidden]));
  return { output: slice(all, [0, 0, 0], [batch, time, hidden]), states: last };
}

function checkWeights(op: string, kind: RecurrentCell, x: Tensor, weights: RecurrentWeights): RecurrentWeights {
  checkOptions(op, weights, ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']);
  const { weight_ih, weight_hh, bias_ih, bias_hh } = weights;
  checkFloat(op, { x, weight_ih, weight_hh });
  checkRank(op, 'x', x, 3);
  const [, time, features] = x.shape;
  if (time === 0) checkShape(op, 'x', x, ['batch', 1, 'features'], 'There must be at least one step.');
  const { gates } = recurrentBlocks(kind);
  checkRank(op, 'weight_hh', weight_hh, 2);
  const hidden = Math.max(weight_hh.shape.at(-1) ?? 0, 1);
  checkShape(op, 'weight_hh', weight_hh, [gates * hidden, hidden], `It has ${gates} rows for each column.`);
  const columns = `Its columns are the last axis of x, whose shape is ${formatShape(x.shape)}.`;
  checkShape(op, 'weight_ih', weight_ih, [gates * hidden, features], columns);
  if (bias_ih === undefined && bias_hh === undefined) return weights;
  if (bias_ih === undefined || bias_hh === undefined) {
    const [argument, received] = bias_ih === undefined ? ['bias_ih', 'bias_hh'] : ['bias_hh', 'bias_ih'];
    throw new ArgumentError({ op, argument, expected: 'to be given', received: `${received} alone` });
  }
  checkFloat(op, { bias_ih, bias_hh });
  const hint = `It must match the rows of weight_hh, whose shape is ${formatShape(weight_hh.shape)}.`;
  checkShape(op, 'bias_ih', bias_ih, [gates * hidden], hint);
  checkShape(op, 'bias_hh', bias_hh, [gates * hidden], hint);
  return weights;
}

function checkState(op: string, name: string, state: Tensor | undefined, shape: number[]): Tensor {
  if (state === undefined) return zeros(shape);
  const argument = `state (${name})`;
  checkFloat(op, { [argument]: state });
  checkShape(op, argument, state, shape, 'It is [batch, hidden].');
  return state;
}

function checkLengths(op: string, lengths: unknown, batch: number, time: number): void {
  if (!Array.isArray(lengths)) {
    const received = typeof lengths;
    throw new ArgumentError({ op, argument: 'lengths', expected: 'to be a list of numbers', received });
  }
  if (lengths.length === 0) return;
  if (lengths.length !== batch) {
    const expected = `to be ${batch}, one for each row of x`;
    throw new ArgumentError({ op, argument: 'lengths', expected, received: String(lengths.length) });
  }
  lengths.forEach((length, row) => checkInteger(op, `lengths[${row}]`, length, { minimum: 1, maximum: time }));
}

defineGradient<RecurrentAttributes>({
  kernelName: 'NablaRecurrent',
  savedInputs: ['x', 'weightIh', 'weightHh'],
  savedOutputs: [false, true, true, true],
  gradient: (gradOut, [x, weightIh, weightHh, gates, states, cells], attributes) => {
    const saved = { gradOut, x, weightIh, weightHh, gates, states };
    const inputs = attributes.kind === 'lstm' ? { ...saved, cells } : saved;
    const gradients = runKernel('NablaRecurrentGrad', inputs, attributes);
    const names = ['x', 'weightIh', 'weightHh', 'biasIh', 'biasHh', 'hidden', 'cell'];
    return Object.fromEntries(gradients.map((gradient, i) => [names[i], gradient]));
  },
  plain:
    ({ kind, reverse, lengths }) =>
    ({ x, weightIh, weightHh, biasIh, biasHh, hidden, cell }) => {
      const weights = { weight_ih: weightIh, weight_hh: weightHh, bias_ih: biasIh, bias_hh: biasHh };
      const first = kind === 'lstm' ? [hidden, cell] : [hidden];
      const rest = { reverse, lengths: lengths.length === 0 ? undefined : lengths };
      const { output, states } = plainRecurrent(kind, x, weights, first, rest);
      return concat([output, ...states.map((state) => expandDims(state, 1))], 1);
    },
});

// SPDX-License-Identifier: Apache-2.0
// Rows of the recurrent layers and their cells.

import { type Generator, type LstmState, type Tensor, concat, reshape, transpose } from '@nabla/core';
import * as layers from '@nabla/layers';
import type { Tensors } from '../check-golden.ts';
import { type LayerRow, layerRow } from '../check-layer.ts';
import { type Fixtures, golden } from '../golden.ts';
import { randomTensor } from '../random-tensor.ts';

type Options = Fixtures['recurrent']['options'];
type Network = layers.RNN | layers.GRU | layers.LSTM;
type Cell = layers.RNNCell | layers.GRUCell | layers.LSTMCell;

const { cases } = golden('recurrent');

/** What was recorded of one class: its kinds of cell, sequences or single steps. */
function recordedOf(kinds: readonly string[], cell: boolean): readonly Fixtures['recurrent'][] {
  return cases.filter(({ options }) => kinds.includes(options.kind) && (options.cell ?? false) === cell);
}

/** The initial state in the words of the class. */
function stateOf(kind: string, { hidden, cell }: Partial<Tensors>): LstmState | Tensor | undefined {
  return kind === 'lstm' && hidden && cell ? { hidden, cell } : hidden;
}

/** Output and final states as the fixture has them: behind the steps, each state `[batch, layers, directions * hidden]`. */
function joined(output: Tensor, state: LstmState | Tensor, layerCount: number): Tensor {
  const states = 'cell' in state ? [state.hidden, state.cell] : [state];
  const [batch, , width] = output.shape;
  const rows = states.map((last) => reshape(transpose(last, [1, 0, 2]), [batch, layerCount, width]));
  return concat([output, ...rows], 1);
}

function network(
  kinds: readonly Options['kind'][],
  gates: number,
  make: (options: Options, generator: Generator) => Network,
): LayerRow {
  const sizes: Options = { kind: kinds[0], features: 3, hidden: 4, bias: true, layers: 2, bidirectional: true };
  const weights = (layer: number, suffix: string, features: number): [string, number[]][] => [
    [`weight_ih_l${layer}${suffix}`, [gates * 4, features]],
    [`weight_hh_l${layer}${suffix}`, [gates * 4, 4]],
    [`bias_ih_l${layer}${suffix}`, [gates * 4]],
    [`bias_hh_l${layer}${suffix}`, [gates * 4]],
  ];
  return layerRow<Network>({
    make: (generator) => make(sizes, generator),
    inputs: () => [randomTensor([2, 5, 3], { seed: 1 })],
    forward: (layer, x) => layer.forward(x).output,
    output: [2, 5, 8],
    parameters: Object.fromEntries(
      [0, 1].flatMap((layer) => ['', '_reverse'].flatMap((suffix) => weights(layer, suffix, layer === 0 ? 3 : 8))),
    ),
    golden: recordedOf(kinds, false).map((recorded) => ({
      recorded,
      make: (generator) => make(recorded.options, generator),
      forward: (layer, { x, ...rest }) => {
        const { kind, lengths, layers: count = 1 } = recorded.options;
        const { output, state } = layer.forward(x, { state: stateOf(kind, rest), lengths } as never);
        return joined(output, state, count);
      },
    })),
  });
}

function cell(
  kinds: readonly Options['kind'][],
  gates: number,
  make: (options: Options, generator: Generator) => Cell,
): LayerRow {
  const merged = (state: LstmState | Tensor): Tensor =>
    'cell' in state ? concat([state.hidden, state.cell], 1) : state;
  return layerRow<Cell>({
    make: (generator) => make({ kind: kinds[0], features: 3, hidden: 4, bias: true }, generator),
    inputs: () => [randomTensor([2, 3], { seed: 1 }), randomTensor([2, 4], { seed: 2 })],
    forward: (layer, x, hidden) => merged(layer.forward(x, stateOf(kinds[0], { hidden, cell: hidden }) as never)),
    output: [2, kinds[0] === 'lstm' ? 8 : 4],
    parameters: { weight_ih: [gates * 4, 3], weight_hh: [gates * 4, 4], bias_ih: [gates * 4], bias_hh: [gates * 4] },
    golden: recordedOf(kinds, true).map((recorded) => ({
      recorded,
      make: (generator) => make(recorded.options, generator),
      forward: (layer, { x, ...rest }) => merged(layer.forward(x, stateOf(recorded.options.kind, rest) as never)),
    })),
  });
}

/** The activation that a kind of Elman's network is named by. */
function activationOf(kind: Options['kind']): 'tanh' | 'relu' {
  return kind === 'relu' ? 'relu' : 'tanh';
}

/** The options of a stack, in our words. */
function stackOptions({ bias, layers: count = 1, bidirectional = false }: Options, generator: Generator) {
  return { generator, bias, layers: count, bidirectional };
}

/** Rows by the name of the class. */
export const recurrentRows: Readonly<Record<string, LayerRow>> = {
  GRU: network(['gru'], 3, (o, generator) => new layers.GRU(o.features, o.hidden, stackOptions(o, generator))),
  GRUCell: cell(['gru'], 3, ({ features, hidden, bias }, generator) => {
    return new layers.GRUCell(features, hidden, { generator, bias });
  }),
  LSTM: network(['lstm'], 4, (o, generator) => new layers.LSTM(o.features, o.hidden, stackOptions(o, generator))),
  LSTMCell: cell(['lstm'], 4, ({ features, hidden, bias }, generator) => {
    return new layers.LSTMCell(features, hidden, { generator, bias });
  }),
  RNN: network(['tanh', 'relu'], 1, (o, generator) => {
    return new layers.RNN(o.features, o.hidden, { ...stackOptions(o, generator), activation: activationOf(o.kind) });
  }),
  RNNCell: cell(['tanh', 'relu'], 1, ({ features, hidden, bias, kind }, generator) => {
    return new layers.RNNCell(features, hidden, { generator, bias, activation: activationOf(kind) });
  }),
};

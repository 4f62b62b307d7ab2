// SPDX-License-Identifier: Apache-2.0
// Tests of recurrent layers: what they start from, what they read, and what they refuse. Values are compared with PyTorch's in
// packages/testing/src/rows/recurrent.ts.

import { Generator, concat, gather, ones, reverse, slice, zeros } from '@nabla/core';
import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { weightNorm } from '../norm/weight-norm.ts';
import { GRUCell, LSTMCell } from './cells.ts';
import { GRU } from './gru.ts';
import { LSTM } from './lstm.ts';
import { RNN } from './rnn.ts';

const exact = tolerance('exact');

describe.each(devices())('recurrent layers on %s', (device) => {
  useDevice(device);

  it('go on from the state that they gave', () => {
    const layer = new LSTM(3, 4, { generator: new Generator(1), layers: 2 });
    const x = randomTensor([2, 6, 3], { seed: 2 });
    const whole = layer.forward(x);
    const first = layer.forward(slice(x, [0, 0, 0], [2, 4, 3]));
    const second = layer.forward(slice(x, [0, 4, 0], [2, 2, 3]), { state: first.state });
    expect(concat([first.output, second.output], 1)).toBeCloseToTensor(whole.output, tolerance('matmul', 7));
    expect(second.state.cell).toBeCloseToTensor(whole.state.cell, tolerance('matmul', 7));
    layer.dispose();
  });

  it('read backward what they read forward, with the weights of that direction', () => {
    const both = new GRU(3, 4, { generator: new Generator(1), bidirectional: true });
    const alone = new GRU(3, 4, { generator: new Generator(2) });
    alone.loadStateDict({
      weight_ih_l0: both.weight_ih_l0_reverse,
      weight_hh_l0: both.weight_hh_l0_reverse,
      bias_ih_l0: both.bias_ih_l0_reverse,
      bias_hh_l0: both.bias_hh_l0_reverse,
    });
    const x = randomTensor([2, 5, 3], { seed: 3 });
    const { output, state } = alone.forward(reverse(x, 1));
    const found = both.forward(x);
    expect(slice(found.output, [0, 0, 4], [2, 5, 4])).toBeCloseToTensor(reverse(output, 1), exact);
    expect(gather(found.state, 1)).toBeCloseToTensor(gather(state, 0), exact);
    both.dispose();
    alone.dispose();
  });

  it('drop between layers only, while training', () => {
    const x = randomTensor([2, 5, 3], { seed: 3 });
    const one = new RNN(3, 4, { generator: new Generator(1), dropout: 0.5 });
    expect(one.forward(x).output).toBeCloseToTensor(one.forward(x).output, exact);
    const two = new RNN(3, 4, { generator: new Generator(1), layers: 2, dropout: 0.5 });
    expect(two.forward(x).output).not.toBeCloseToTensor(two.forward(x).output, exact);
    two.eval();
    expect(two.forward(x).output).toBeCloseToTensor(two.forward(x).output, exact);
    one.dispose();
    two.dispose();
  });

  it('give 0 behind the end of a row, whatever stands there', () => {
    const layer = new LSTM(2, 3, { generator: new Generator(1), layers: 2, bidirectional: true });
    const x = randomTensor([2, 4, 2], { seed: 4 });
    const { output, state } = layer.forward(x, { lengths: [4, 2] });
    expect(slice(output, [1, 2, 0], [1, 2, 6])).toBeCloseToTensor(zeros([1, 2, 6]), exact);
    const short = layer.forward(slice(x, [1, 0, 0], [1, 2, 2]));
    expect(slice(output, [1, 0, 0], [1, 2, 6])).toBeCloseToTensor(short.output, tolerance('matmul', 9));
    expect(slice(state.hidden, [0, 1, 0], [4, 1, 3])).toBeCloseToTensor(short.state.hidden, tolerance('matmul', 9));
    layer.dispose();
  });

  it('compute with a weight that is normalized', () => {
    const layer = weightNorm(new LSTM(2, 3, { generator: new Generator(1) }), { name: 'weight_hh_l0' });
    const x = randomTensor([2, 4, 2], { seed: 5 });
    const before = layer.forward(x).output;
    const gain = layer.stateDict()['weight_hh_l0_g'];
    layer.loadStateDict({ weight_hh_l0_g: zeros(gain?.shape ?? []) }, { strict: false });
    expect(layer.forward(x).output).not.toBeCloseToTensor(before, tolerance('matmul', 8));
    layer.dispose();
  });

  it('say what does not fit', () => {
    const generator = new Generator(1);
    const layer = new LSTM(3, 4, { generator, layers: 2 });
    const x = ones([2, 5, 3]);
    const state = { hidden: zeros([2, 2, 4]), cell: zeros([2, 1, 4]) };
    expect(() => layer.forward(ones([2, 3]))).toThrowCode(
      'SHAPE',
      /LSTM: expected x of shape \[batch, time, inputs\], received \[2, 3\]/,
    );
    expect(() => layer.forward(ones([2, 5, 4]))).toThrowCode('SHAPE', /weight_ih/);
    expect(() => layer.forward(ones([2, 0, 3]))).toThrowCode('SHAPE', /at least one step/);
    expect(() => layer.forward(x, { state })).toThrowCode(
      'SHAPE',
      /state \(cell\) of shape \[2, 2, 4\], received \[2, 1, 4\]. It is \[layers \* directions, batch, hidden\]/,
    );
    expect(() => layer.forward(x, { state: { hidden: zeros([2, 2, 4]) } as never })).toThrowCode('TENSOR', /cell/);
    expect(() => layer.forward(x, { lengths: [5, 6] })).toThrowCode('ARGUMENT', /lengths\[1\]/);
    expect(() => new RNN(0, 4, { generator })).toThrowCode('ARGUMENT', /inputs/);
    expect(() => new GRU(3, 4, { generator, dropout: 1 })).toThrowCode('ARGUMENT', /dropout/);
    expect(() => new GRU(3, 4, { generator, num_layers: 2 } as never)).toThrowCode(
      'OPTION',
      /num_layers.*Did you mean "layers"/,
    );
    expect(() => new RNN(3, 4, { generator, activation: 'gelu' as never })).toThrowCode('ARGUMENT', /"tanh", "relu"/);
    const cell = new GRUCell(3, 4, { generator });
    expect(() => cell.forward(x)).toThrowCode('RANK', /GRUCell: expected x/);
    expect(() => new LSTMCell(3, 4, { generator, bias: 1 as never })).toThrowCode('ARGUMENT', /bias/);
    layer.dispose();
    cell.dispose();
  });
});

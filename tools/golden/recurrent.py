# SPDX-License-Identifier: Apache-2.0
"""Golden values of torch.nn.RNN, LSTM and GRU, batch first: the outputs, and behind them each final state as one more step; and
of their cells: the new states side by side."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from fixture import Draw, module_case, write

SEED = 31
draw = Draw(SEED)
MODULES = {
    'tanh': nn.RNN,
    'relu': lambda *sizes, **options: nn.RNN(*sizes, nonlinearity='relu', **options),
    'lstm': nn.LSTM,
    'gru': nn.GRU,
}


def make(kind, sizes, layers=1, bidirectional=False, bias=True, state=False, lengths=None, dropout=0):
    batch, time, features, hidden = sizes
    options = {'num_layers': layers, 'bidirectional': bidirectional, 'bias': bias, 'batch_first': True}
    module = draw.fill(MODULES[kind](features, hidden, dropout=dropout, **options))
    directions = 2 if bidirectional else 1
    inputs = {'x': draw.normal(batch, time, features)}
    if state:
        for name in ['hidden', 'cell'] if kind == 'lstm' else ['hidden']:
            inputs[name] = draw.normal(layers * directions, batch, hidden)

    def call(x, *states):
        start = None if not states else states if kind == 'lstm' else states[0]
        if lengths is not None:
            x = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
        output, final = module(x, start)
        if lengths is not None:
            output, _ = pad_packed_sequence(output, batch_first=True, total_length=time)
        # [layers * directions, batch, hidden] -> [batch, layers, directions * hidden]
        last = [
            s.reshape(layers, directions, batch, hidden).permute(2, 0, 1, 3).reshape(batch, layers, -1)
            for s in (final if kind == 'lstm' else [final])
        ]
        return torch.cat([output, *last], 1)

    said = [kind, '%d layers' % layers if layers > 1 else 'one layer']
    said += ['both directions'] * bidirectional + ['no bias'] * (not bias) + ['initial state'] * state
    said += ['lengths %s' % lengths] * (lengths is not None)
    recorded = {
        'kind': kind,
        'features': features,
        'hidden': hidden,
        'layers': layers,
        'bidirectional': bidirectional,
        'bias': bias,
        **({} if lengths is None else {'lengths': lengths}),
    }
    return module_case(draw, ', '.join(said), recorded, module, inputs, call)


CELLS = {
    'tanh': nn.RNNCell,
    'relu': lambda *sizes, **options: nn.RNNCell(*sizes, nonlinearity='relu', **options),
    'lstm': nn.LSTMCell,
    'gru': nn.GRUCell,
}


def make_cell(kind, bias=True, state=True):
    batch, features, hidden = 3, 4, 2
    module = draw.fill(CELLS[kind](features, hidden, bias=bias))
    names = (['hidden', 'cell'] if kind == 'lstm' else ['hidden']) if state else []
    inputs = {'x': draw.normal(batch, features), **{name: draw.normal(batch, hidden) for name in names}}

    def call(x, *states):
        after = module(x, None if not states else states if kind == 'lstm' else states[0])
        return torch.cat(after, 1) if kind == 'lstm' else after

    said = [kind, 'one step'] + ['no bias'] * (not bias) + ['initial state'] * state
    recorded = {'kind': kind, 'cell': True, 'features': features, 'hidden': hidden, 'bias': bias}
    return module_case(draw, ', '.join(said), recorded, module, inputs, call)


cases = []
for kind in MODULES:
    cases += [
        make(kind, [2, 3, 3, 4]),
        make(kind, [2, 2, 3, 2], bias=False, state=True),
        make(kind, [3, 4, 2, 3], state=True, lengths=[2, 4, 1]),
    ]
    if kind != 'relu':
        cases += [
            make(kind, [2, 3, 2, 3], layers=2, state=True),
            make(kind, [2, 3, 2, 3], bidirectional=True),
            make(kind, [3, 3, 2, 2], layers=2, bidirectional=True, state=True, lengths=[1, 3, 2], dropout=0.5),
        ]
for kind in CELLS:
    cases += [make_cell(kind), make_cell(kind, bias=False, state=False)]
write(SEED, 'torch.nn.RNN, LSTM and GRU, batch first; lengths by pack_padded_sequence', cases)

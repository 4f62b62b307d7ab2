# SPDX-License-Identifier: Apache-2.0
"""Golden values of x @ weight.T + bias with every activation that the fused op knows."""

import torch.nn.functional as F

from fixture import Draw, case, write

SEED = 1
ACTIVATIONS = {
    'relu': F.relu,
    'gelu': F.gelu,
    'geluTanh': lambda x: F.gelu(x, approximate='tanh'),
    'sigmoid': lambda x: x.sigmoid(),
    'tanh': lambda x: x.tanh(),
    'silu': F.silu,
}
draw = Draw(SEED)


def forward(activation):
    def run(inputs, parameters):
        y = F.linear(inputs['x'], parameters['weight'], parameters.get('bias'))
        return ACTIVATIONS[activation](y) if activation else y

    return run


def make(name, batch, inputs, outputs, bias=True, activation=None):
    parameters = {'weight': draw.normal(outputs, inputs)}
    if bias:
        parameters['bias'] = draw.normal(outputs)
    options = {'bias': bias, 'activation': activation}
    return case(draw, name, options, {'x': draw.normal(*batch, inputs)}, parameters, forward(activation))


cases = [
    make('no bias', [3], 5, 4, bias=False),
    make('bias', [3], 5, 4),
    make('one row, one output', [1], 7, 1),
    make('two batch axes', [2, 3], 5, 7),
    make('no batch axis', [], 5, 3),
    make('rows and columns beyond one vector', [5], 33, 17),
    make('relu without bias', [4], 5, 3, bias=False, activation='relu'),
    *[make(activation, [2, 3], 5, 9, activation=activation) for activation in ACTIVATIONS],
]
write(SEED, 'y = activation(x @ weight.T + bias), torch.nn.functional.linear', cases)

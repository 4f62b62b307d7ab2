# SPDX-License-Identifier: Apache-2.0
"""Golden values of the activation modules that activations.py does not have, at random points and far from zero."""

import torch
from torch import nn

from fixture import Draw, case, write

SEED = 27
# Each with the options that PyTorch and we are given, in our words, and PyTorch's module with them.
ACTIVATIONS = [
    ('LeakyReLU', {}, nn.LeakyReLU()),
    ('LeakyReLU', {'negativeSlope': 0.2}, nn.LeakyReLU(0.2)),
    ('ELU', {}, nn.ELU()),
    ('ELU', {'alpha': 0.5}, nn.ELU(0.5)),
    ('SELU', {}, nn.SELU()),
    ('CELU', {}, nn.CELU()),
    ('CELU', {'alpha': 2.5}, nn.CELU(2.5)),
    ('ReLU6', {}, nn.ReLU6()),
    ('Threshold', {'threshold': 0.3, 'value': -2}, nn.Threshold(0.3, -2)),
    ('Softplus', {}, nn.Softplus()),
    ('Softplus', {'beta': 2.5}, nn.Softplus(2.5)),
    ('Softsign', {}, nn.Softsign()),
    ('LogSigmoid', {}, nn.LogSigmoid()),
    ('Mish', {}, nn.Mish()),
    ('Tanhshrink', {}, nn.Tanhshrink()),
    ('Hardtanh', {}, nn.Hardtanh()),
    ('Hardtanh', {'minimum': -0.4, 'maximum': 2}, nn.Hardtanh(-0.4, 2)),
    ('Hardsigmoid', {}, nn.Hardsigmoid()),
    ('Hardswish', {}, nn.Hardswish()),
    ('Hardshrink', {}, nn.Hardshrink()),
    ('Hardshrink', {'lambda': 1.2}, nn.Hardshrink(1.2)),
    ('Softshrink', {}, nn.Softshrink()),
    ('Softshrink', {'lambda': 1.2}, nn.Softshrink(1.2)),
]
ALONG_AXIS = {'Softmin': nn.Softmin, 'LogSoftmax': nn.LogSoftmax, 'GLU': nn.GLU}
# Not at the kinks of a function, where any slope between those of both sides is right.
SPECIAL = [0.0, 1e-4, -1e-4, 0.7, -0.7, 2.5, -2.5, 5.5, -5.5, 10.0, -10.0, 19.0, -19.0, 30.0, -30.0, 100.0, -100.0]
draw = Draw(SEED)


def make(activation, name, options, module, x):
    about = ', '.join(['%s %s' % option for option in options.items()] + [name])
    all_options = {'activation': activation, 'options': options}
    parameters = dict(module.named_parameters())
    return case(draw, '%s, %s' % (activation, about), all_options, {'x': x}, parameters, lambda i, _: module(i['x']))


def prelu(name, weight, shape):
    """Our features are the last axis, PyTorch's the second."""
    module = nn.PReLU(len(weight))
    module.weight.data = torch.tensor(weight)

    def forward(inputs, _):
        x = inputs['x']
        return module(x) if x.dim() < 3 else module(x.transpose(1, -1)).transpose(1, -1)

    options = {'activation': 'PReLU', 'options': {'features': len(weight)}}
    inputs, parameters = {'x': draw.normal(*shape)}, dict(module.named_parameters())
    return case(draw, 'PReLU, ' + name, options, inputs, parameters, forward)


cases = []
for activation, options, module in ACTIVATIONS:
    cases.append(make(activation, 'random', options, module, draw.normal(9, scale=2.0)))
    cases.append(make(activation, 'special points', options, module, torch.tensor(SPECIAL)))
for activation, module in ALONG_AXIS.items():
    cases.append(make(activation, 'last', {'axis': -1}, module(dim=-1), draw.normal(3, 6, scale=2.0)))
    cases.append(make(activation, 'middle', {'axis': 1}, module(dim=1), draw.normal(2, 4, 3, scale=2.0)))
far = torch.tensor([[100.0, -100.0], [-100.0, 90.0], [0.0, 100.0]])
cases += [make(activation, 'far', {'axis': -1}, module(dim=-1), far.clone()) for activation, module in ALONG_AXIS.items()]
cases += [
    prelu('one slope for all', [0.25], [3, 5]),
    prelu('a slope for each feature', [0.25, -0.5, 1.5], [5, 3]),
    prelu('two batch axes', [0.1, 0.2], [2, 3, 2]),
]
write(SEED, 'activation modules of torch.nn', cases)

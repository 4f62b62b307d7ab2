# SPDX-License-Identifier: Apache-2.0
"""Golden values of the activation functions, at random points and at points where they are easy to get wrong."""

import torch
import torch.nn.functional as F

from fixture import Draw, case, write

SEED = 6
ACTIVATIONS = {
    'relu': F.relu,
    'gelu': F.gelu,
    'geluTanh': lambda x: F.gelu(x, approximate='tanh'),
    'sigmoid': torch.sigmoid,
    'tanh': torch.tanh,
    'silu': F.silu,
    'softmax': lambda x: F.softmax(x, -1),
}
SPECIAL = [0.0, 1e-4, -1e-4, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 5.5, -5.5, 10.0, -10.0, 30.0, -30.0, 80.0, -80.0]
draw = Draw(SEED)


def make(activation, name, x):
    options = {'activation': activation}
    return case(draw, activation + ', ' + name, options, {'x': x}, {}, lambda i, _: ACTIVATIONS[activation](i['x']))


cases = []
for activation in ACTIVATIONS:
    cases.append(make(activation, 'random', draw.normal(3, 17, scale=2.0)))
    cases.append(make(activation, 'special points', torch.tensor(SPECIAL)))
write(SEED, 'activation functions of torch.nn.functional; softmax over the last axis', cases)

# SPDX-License-Identifier: Apache-2.0
"""Golden values of root mean square normalization over the last axis: the formula in torch, which has no such
function before version 2.4, differentiated by autograd."""

import torch

from fixture import Draw, case, write

SEED = 16
draw = Draw(SEED)


def make(name, shape, epsilon=1e-6, scale=1.0, offset=0.0):
    features = shape[-1]
    parameters = {'weight': draw.normal(features)}

    def forward(inputs, parameters):
        x = inputs['x']
        return x / torch.sqrt(x.square().mean(-1, keepdim=True) + epsilon) * parameters['weight']

    x = (draw.normal(*shape, scale=scale) + offset).detach()
    return case(draw, name, {'features': features, 'epsilon': epsilon}, {'x': x}, parameters, forward)


cases = [
    make('one row', [1, 5]),
    make('two batch axes', [2, 3, 7]),
    make('no batch axis', [9]),
    make('more features than one vector', [3, 37]),
    make('large epsilon', [3, 5], epsilon=0.1),
    make('mean far from zero', [3, 17], scale=0.5, offset=8.0),
    make('tiny values, where epsilon decides', [3, 5], scale=1e-4),
    make('a single feature', [3, 1]),
]
write(SEED, 'x / sqrt(mean(x^2) + epsilon) * weight over the last axis, in torch', cases)

# SPDX-License-Identifier: Apache-2.0
"""Golden values of layer normalization over the last axis."""

import torch.nn.functional as F

from fixture import Draw, case, write

SEED = 2
draw = Draw(SEED)


def make(name, shape, epsilon=1e-5, scale=1.0, offset=0.0):
    features = shape[-1]
    parameters = {'weight': draw.normal(features), 'bias': draw.normal(features)}

    def forward(inputs, parameters):
        return F.layer_norm(inputs['x'], [features], parameters['weight'], parameters['bias'], epsilon)

    x = (draw.normal(*shape, scale=scale) + offset).detach()
    return case(draw, name, {'features': features, 'epsilon': epsilon}, {'x': x}, parameters, forward)


cases = [
    make('one row', [1, 5]),
    make('two batch axes', [2, 3, 7]),
    make('no batch axis', [9]),
    make('more features than one vector', [3, 37]),
    make('large epsilon', [3, 5], epsilon=0.1),
    make('mean far from zero', [3, 17], scale=0.5, offset=8.0),
    make('tiny values, where epsilon decides', [3, 5], scale=1e-3),
    make('a single feature', [3, 1]),
]
write(SEED, 'torch.nn.functional.layer_norm over the last axis', cases)

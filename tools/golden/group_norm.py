# SPDX-License-Identifier: Apache-2.0
"""Golden values of group normalization, and of instance normalization: a group for every channel."""

import torch.nn.functional as F

from fixture import Draw, case, write
from layout import on_channels_last

SEED = 22
draw = Draw(SEED)


def make(name, shape, groups, epsilon=1e-5, affine=True, scale=1.0, offset=0.0):
    channels = shape[-1]
    instance = groups is None
    parameters = {'weight': draw.normal(channels), 'bias': draw.normal(channels)} if affine else {}

    def forward(inputs, parameters):
        weight, bias = parameters.get('weight'), parameters.get('bias')
        if instance:
            function = lambda x: F.instance_norm(x, weight=weight, bias=bias, eps=epsilon)
        else:
            function = lambda x: F.group_norm(x, groups, weight, bias, epsilon)
        return on_channels_last(function)(inputs['x'])

    x = (draw.normal(*shape, scale=scale) + offset).detach()
    options = {'channels': channels, 'groups': groups, 'epsilon': epsilon, 'affine': affine}
    return case(draw, name, options, {'x': x}, parameters, forward)


cases = [
    make('two groups of an image', [2, 3, 4, 6], 2),
    make('groups of a sequence', [3, 5, 9], 3),
    make('one group', [2, 3, 2, 5], 1),
    make('no positions', [3, 8], 2),
    make('a volume', [1, 2, 3, 2, 4], 2),
    make('no scale and shift', [2, 3, 3, 4], 2, affine=False),
    make('large epsilon, mean far from zero', [2, 4, 34], 17, epsilon=0.1, scale=0.5, offset=8.0),
    make('instance, an image', [2, 3, 4, 5], None),
    make('instance, a sequence', [2, 7, 3], None, epsilon=0.1),
    make('instance, no scale and shift', [2, 3, 3, 17], None, affine=False),
]
write(SEED, 'torch.nn.functional.group_norm and instance_norm on channels-last tensors', cases)

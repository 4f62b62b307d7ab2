# SPDX-License-Identifier: Apache-2.0
"""Golden values of batch normalization in evaluation: normalized by running statistics."""

import torch
import torch.nn.functional as F

from fixture import Draw, case, write
from layout import on_channels_last

SEED = 23
draw = Draw(SEED)


def make(name, shape, epsilon=1e-5, affine=True):
    channels = shape[-1]
    trained = {'weight': draw.normal(channels), 'bias': draw.normal(channels)} if affine else {}
    buffers = {
        'running_mean': draw.normal(channels),
        'running_var': draw.normal(channels).abs() + 0.5,
        'num_batches_tracked': torch.tensor(7),
    }

    def forward(inputs, parameters):
        def function(x):
            mean, variance = buffers['running_mean'], buffers['running_var']
            return F.batch_norm(x, mean, variance, trained.get('weight'), trained.get('bias'), eps=epsilon)

        return on_channels_last(function)(inputs['x'])

    options = {'channels': channels, 'axes': len(shape) - 2, 'epsilon': epsilon, 'affine': affine}
    recorded = case(draw, name, options, {'x': draw.normal(*shape)}, trained, forward)
    return {**recorded, 'parameters': {**trained, **buffers}}


cases = [
    make('features', [3, 5]),
    make('a sequence', [2, 4, 3]),
    make('an image', [2, 3, 4, 17]),
    make('a volume', [1, 2, 3, 2, 4], epsilon=0.1),
    make('no scale and shift', [2, 3, 3, 4], affine=False),
]
write(SEED, 'torch.nn.functional.batch_norm in evaluation on channels-last tensors', cases)

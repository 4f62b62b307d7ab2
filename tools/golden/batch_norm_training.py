# SPDX-License-Identifier: Apache-2.0
"""Batch normalization while training: outputs, gradients and buffers of several steps, then an output in evaluation."""

import torch
from torch import nn

from fixture import Draw, write
from layout import channels_first, channels_last

SEED = 24
STEPS = 3
LAYERS = [nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d]
draw = Draw(SEED)


def make(name, shape, momentum=0.1, epsilon=1e-5, affine=True, track=True):
    channels, axes = shape[-1], len(shape) - 2
    layer = LAYERS[axes](channels, eps=epsilon, momentum=momentum, affine=affine, track_running_stats=track)
    draw.fill(layer)
    start = {key: x.clone() for key, x in layer.state_dict().items()}
    steps = []
    for step in range(STEPS):
        x = draw.normal(*shape[:1], *shape[1:]) + step
        x = x.detach().requires_grad_(True)
        layer.zero_grad()
        output = channels_last(layer(channels_first(x)))
        weights = draw.normal(*shape)
        (output * weights).sum().backward()
        steps.append({
            'x': x,
            'output': output,
            'outputWeights': weights,
            'gradX': x.grad,
            'parameterGradients': {key: p.grad.clone() for key, p in layer.named_parameters()},
            'buffers': {key: b.clone() for key, b in layer.named_buffers()},
        })
    evaluated = channels_last(layer.eval()(channels_first(steps[0]['x'])))
    options = {
        'channels': channels,
        'axes': axes,
        'momentum': momentum,
        'epsilon': epsilon,
        'affine': affine,
        'trackRunningStatistics': track,
    }
    return {'name': name, 'options': options, 'state': start, 'steps': steps, 'evaluated': evaluated}


cases = [
    make('features', [4, 5]),
    make('a sequence', [2, 3, 4], momentum=0.3),
    make('an image', [2, 3, 2, 17], epsilon=0.1),
    make('a volume', [2, 2, 1, 3, 2]),
    make('cumulative mean', [3, 4], momentum=None),
    make('no scale and shift', [2, 2, 3, 3], affine=False),
    make('no running statistics', [2, 2, 3, 3], track=False),
]
write(SEED, 'torch.nn.BatchNorm1d/2d/3d in training on channels-last tensors', cases)

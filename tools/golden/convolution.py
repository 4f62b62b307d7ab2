# SPDX-License-Identifier: Apache-2.0
"""Golden values of torch.nn.functional.conv1d, conv2d and conv3d; activations are channels last."""

from torch.nn import functional as F

from fixture import Draw, case, write
from layout import channels_first, channels_last

SEED = 31
draw = Draw(SEED)
FUNCTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def make(name, x, weight, bias=True, stride=1, padding=0, dilation=1, groups=1):
    axes = len(x) - 2
    inputs = {'x': draw.normal(*x)}
    parameters = {'weight': draw.normal(*weight, scale=0.5)}
    if bias:
        parameters['bias'] = draw.normal(weight[0])
    options = {'axes': axes, 'stride': stride, 'padding': padding, 'dilation': dilation, 'groups': groups}

    def forward(i, p):
        out = FUNCTIONS[axes](channels_first(i['x']), p['weight'], p.get('bias'), stride, padding, dilation, groups)
        return channels_last(out)

    return case(draw, name, options, inputs, parameters, forward)


cases = [
    make('1d', [2, 7, 3], [4, 3, 3]),
    make('1d, stride, padding, dilation', [1, 9, 2], [3, 2, 3], stride=2, padding=2, dilation=2),
    make('1d, same padding of an even kernel', [1, 5, 2], [3, 2, 4], padding='same'),
    make('2d', [2, 5, 4, 3], [2, 3, 3, 3]),
    make('2d without bias', [1, 4, 4, 2], [3, 2, 2, 2], bias=False),
    make('2d, padding 1', [1, 5, 5, 1], [3, 1, 3, 3], padding=1),
    make('2d, every option for each axis', [1, 7, 6, 2], [2, 2, 3, 2], stride=[2, 1], padding=[1, 0], dilation=[1, 2]),
    make('2d, same padding with dilation', [1, 5, 6, 2], [2, 2, 3, 2], padding='same', dilation=[2, 1]),
    make('2d, groups', [1, 4, 5, 4], [6, 2, 3, 3], groups=2, padding=1),
    make('2d, depthwise', [2, 5, 4, 3], [3, 1, 3, 3], groups=3, stride=2, padding=1),
    make('2d, 1 by 1', [2, 3, 3, 5], [4, 5, 1, 1]),
    make('3d', [1, 3, 4, 3, 2], [2, 2, 2, 2, 2], stride=[1, 2, 1], padding=[1, 0, 0]),
]
write(SEED, 'convolutions; activations are channels last, weights as PyTorch has them', cases)

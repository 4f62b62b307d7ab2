# SPDX-License-Identifier: Apache-2.0
"""Golden values of torch.nn.functional.conv_transpose1d and conv_transpose2d; activations are channels last."""

from torch.nn import functional as F

from fixture import Draw, case, write
from layout import channels_first, channels_last

SEED = 32
draw = Draw(SEED)
FUNCTIONS = {1: F.conv_transpose1d, 2: F.conv_transpose2d}


def make(name, x, weight, bias=True, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    axes = len(x) - 2
    inputs = {'x': draw.normal(*x)}
    parameters = {'weight': draw.normal(*weight, scale=0.5)}
    if bias:
        parameters['bias'] = draw.normal(weight[1] * groups)
    options = {
        'axes': axes,
        'stride': stride,
        'padding': padding,
        'outputPadding': output_padding,
        'dilation': dilation,
        'groups': groups,
    }

    def forward(i, p):
        x, weight, bias = channels_first(i['x']), p['weight'], p.get('bias')
        return channels_last(FUNCTIONS[axes](x, weight, bias, stride, padding, output_padding, groups, dilation))

    return case(draw, name, options, inputs, parameters, forward)


cases = [
    make('1d', [2, 4, 3], [3, 2, 3]),
    make('1d, stride and output padding', [1, 4, 2], [2, 3, 3], stride=2, padding=1, output_padding=1),
    make('2d', [2, 3, 4, 2], [2, 3, 2, 3]),
    make('2d without bias, stride 2', [1, 3, 3, 2], [2, 2, 4, 4], bias=False, stride=2, padding=1),
    make('2d, every option for each axis', [1, 3, 4, 2], [2, 2, 3, 2], stride=[2, 1], padding=[1, 0], output_padding=[1, 1], dilation=[1, 2]),
    make('2d, groups', [1, 3, 3, 4], [4, 3, 2, 2], groups=2, stride=2),
]
write(SEED, 'transposed convolutions; activations are channels last, weights as PyTorch has them', cases)

# SPDX-License-Identifier: Apache-2.0
"""Golden values of resizing: nearest and linear, to a size and by a factor."""

import torch.nn.functional as F

from fixture import Draw, case, write
from layout import on_channels_last

SEED = 26
draw = Draw(SEED)


def make(name, shape, mode, size=None, factor=None, align=False):
    align_corners = None if mode == 'nearest' else align

    def forward(inputs, parameters):
        resize = lambda x: F.interpolate(x, size, factor, mode, align_corners)
        return on_channels_last(resize)(inputs['x'])

    options = {'mode': mode, 'alignCorners': align}
    options.update({'size': size} if factor is None else {'scaleFactor': factor})
    return case(draw, name, options, {'x': draw.normal(*shape)}, {}, forward)


cases = [
    make('nearest, a sequence', [2, 5, 3], 'nearest', size=8),
    make('nearest, twice the image', [2, 3, 4, 5], 'nearest', factor=2),
    make('nearest, smaller and larger', [1, 5, 3, 2], 'nearest', size=[3, 7]),
    make('nearest, factors that are no integers', [1, 5, 7, 2], 'nearest', factor=[1.3, 0.7]),
    make('nearest, a volume', [1, 2, 3, 2, 2], 'nearest', factor=2),
    make('linear, a sequence', [2, 5, 3], 'linear', size=8),
    make('linear, corners aligned', [2, 5, 3], 'linear', factor=1.7, align=True),
    make('bilinear, twice the image', [2, 3, 4, 5], 'bilinear', factor=2),
    make('bilinear, corners aligned', [1, 3, 4, 17], 'bilinear', factor=2, align=True),
    make('bilinear, smaller and larger', [1, 5, 3, 2], 'bilinear', size=[3, 7]),
    make('bilinear, factors that are no integers', [1, 5, 7, 2], 'bilinear', factor=[1.3, 0.7]),
    make('bilinear, to one row, corners aligned', [1, 3, 4, 2], 'bilinear', size=[1, 6], align=True),
    make('trilinear', [1, 2, 3, 2, 2], 'trilinear', size=[3, 5, 4]),
]
write(SEED, 'torch.nn.functional.interpolate on channels-last tensors', cases)

# SPDX-License-Identifier: Apache-2.0
"""Golden values of the four ways of padding, along one to three axes."""

import torch.nn.functional as F

from fixture import Draw, case, write
from layout import on_channels_last

SEED = 25
draw = Draw(SEED)


def make(name, shape, mode, padding, value=0):
    # PyTorch names the last axis first: [left, right, top, bottom, …]
    widths = [width for pair in reversed(padding) for width in pair]

    def forward(inputs, parameters):
        pad = lambda x: F.pad(x, widths, mode, value) if mode == 'constant' else F.pad(x, widths, mode)
        return on_channels_last(pad)(inputs['x'])

    options = {'mode': mode, 'padding': padding, 'value': value}
    return case(draw, name, options, {'x': draw.normal(*shape)}, {}, forward)


MODES = ['constant', 'reflect', 'replicate', 'circular']
cases = [
    *[make('%s, a sequence' % mode, [2, 4, 3], mode, [[1, 2]], value=1.5 if mode == 'constant' else 0)
      for mode in MODES],
    *[make('%s, an image' % mode, [2, 3, 4, 5], mode, [[2, 1], [0, 3]]) for mode in MODES],
    *[make('%s, a volume' % mode, [1, 2, 3, 2, 2], mode, [[1, 0], [2, 1], [1, 1]]) for mode in MODES],
    make('replicate, wider than the axis', [1, 2, 3, 2], 'replicate', [[3, 4], [0, 5]]),
    make('zeros around a sequence', [1, 3, 2], 'constant', [[2, 1]]),
]
write(SEED, 'torch.nn.functional.pad on channels-last tensors', cases)

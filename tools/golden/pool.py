# SPDX-License-Identifier: Apache-2.0
"""Golden values of maxima and means over windows, with a kernel and adaptive, along one to three axes."""

import torch.nn.functional as F

from fixture import Draw, case, write
from layout import on_channels_last

SEED = 21
draw = Draw(SEED)
WORDS = {
    'stride': 'stride',
    'padding': 'padding',
    'dilation': 'dilation',
    'ceilMode': 'ceil_mode',
    'countIncludePad': 'count_include_pad',
}
POOLS = {
    'maxPool': [F.max_pool1d, F.max_pool2d, F.max_pool3d],
    'averagePool': [F.avg_pool1d, F.avg_pool2d, F.avg_pool3d],
    'adaptiveAveragePool': [F.adaptive_avg_pool1d, F.adaptive_avg_pool2d],
    'adaptiveMaxPool': [None, F.adaptive_max_pool2d],
}


def make(name, pool, shape, size, **options):
    axes = len(shape) - 2
    function = POOLS[pool][axes - 1]
    words = {WORDS[key]: value for key, value in options.items()}

    def forward(inputs, parameters):
        return on_channels_last(lambda x: function(x, size, **words))(inputs['x'])

    recorded = {'pool': pool, 'size': size, 'options': options}
    return case(draw, name, recorded, {'x': draw.normal(*shape)}, {}, forward)


cases = [
    make('max along one axis', 'maxPool', [2, 7, 3], 2),
    make('max, every option, one axis', 'maxPool', [1, 10, 5], 3, stride=2, padding=1, dilation=2, ceilMode=True),
    make('max, kernel 2', 'maxPool', [2, 4, 6, 5], 2),
    make('max, overlapping with padding', 'maxPool', [1, 5, 7, 17], 3, stride=2, padding=1),
    make('max, odd everything', 'maxPool', [2, 7, 6, 3], [3, 2], stride=[1, 2], padding=[1, 0], dilation=[2, 3]),
    make('max, a last window beyond the edge', 'maxPool', [1, 6, 5, 2], 3, stride=2, ceilMode=True),
    make('max, no last window in the padding', 'maxPool', [1, 4, 5, 2], 2, stride=3, padding=1, ceilMode=True),
    make('max along three axes', 'maxPool', [1, 4, 5, 3, 2], [2, 3, 2], stride=[2, 1, 1], padding=[0, 1, 1]),
    make('average along one axis', 'averagePool', [2, 7, 3], 3, stride=2, padding=1),
    make('average, kernel 2', 'averagePool', [2, 4, 6, 5], 2),
    make('average, overlapping with padding', 'averagePool', [1, 5, 7, 17], 3, stride=2, padding=1),
    make('average, padding not counted', 'averagePool', [1, 5, 6, 3], [3, 2], stride=[1, 2], padding=1,
         countIncludePad=False),
    make('average, a last window beyond the padding', 'averagePool', [1, 6, 5, 2], 3, stride=2, padding=1,
         ceilMode=True),
    make('average, ceil and padding not counted', 'averagePool', [1, 6, 5, 2], 3, stride=2, padding=1, ceilMode=True,
         countIncludePad=False),
    make('average along three axes', 'averagePool', [1, 4, 5, 3, 2], [2, 3, 2], stride=[2, 1, 1], padding=[0, 1, 1]),
    make('adaptive average along one axis', 'adaptiveAveragePool', [2, 7, 3], 3),
    make('adaptive average', 'adaptiveAveragePool', [2, 5, 7, 3], [3, 4]),
    make('adaptive average, more windows than positions', 'adaptiveAveragePool', [1, 2, 3, 5], 5),
    make('global average', 'adaptiveAveragePool', [2, 3, 4, 17], 1),
    make('adaptive max', 'adaptiveMaxPool', [2, 5, 7, 3], [3, 4]),
    make('adaptive max, more windows than positions', 'adaptiveMaxPool', [1, 2, 3, 5], [3, 2]),
]
write(SEED, 'torch.nn.functional poolings on channels-last tensors', cases)

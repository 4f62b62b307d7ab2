# SPDX-License-Identifier: Apache-2.0
"""Golden values of what only moves elements: pixels to channels and back, flattening and its inverse."""

import torch
import torch.nn.functional as F
from torch import nn

from fixture import Draw, case, write
from layout import channels_first, channels_last, on_channels_last

SEED = 27
draw = Draw(SEED)


def make(name, layer, shape, run, **options):
    return case(draw, name, {'layer': layer, **options}, {'x': draw.normal(*shape)}, {}, lambda i, p: run(i['x']))


shuffle = lambda factor: on_channels_last(lambda x: F.pixel_shuffle(x, factor))
unshuffle = lambda factor: on_channels_last(lambda x: F.pixel_unshuffle(x, factor))
flatten = lambda x: torch.flatten(channels_first(x), 1)
unflatten = lambda sizes: lambda x: channels_last(nn.Unflatten(1, [sizes[-1], *sizes[:-1]])(x))

cases = [
    make('shuffle by 2', 'PixelShuffle', [2, 3, 2, 12], shuffle(2), factor=2),
    make('shuffle by 3', 'PixelShuffle', [1, 2, 1, 9], shuffle(3), factor=3),
    make('unshuffle by 2', 'PixelUnshuffle', [2, 4, 6, 3], unshuffle(2), factor=2),
    make('unshuffle by 3', 'PixelUnshuffle', [1, 3, 6, 1], unshuffle(3), factor=3),
    make('flatten an image', 'Flatten', [2, 3, 4, 5], flatten),
    make('flatten a sequence', 'Flatten', [2, 3, 4], flatten),
    make('flatten features', 'Flatten', [2, 5], flatten),
    make('flatten a volume', 'Flatten', [2, 2, 1, 3, 2], flatten),
    make('unflatten an image', 'Unflatten', [2, 24], unflatten([2, 3, 4]), sizes=[2, 3, 4]),
    make('unflatten a sequence', 'Unflatten', [3, 6], unflatten([2, 3]), sizes=[2, 3]),
]
write(SEED, 'torch.nn pixel shuffles, Flatten and Unflatten on channels-last tensors', cases)

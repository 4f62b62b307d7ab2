# SPDX-License-Identifier: Apache-2.0
"""Golden values of attention over a feature map with 1 by 1 convolutions; activations are channels last."""

import math

from torch import nn

from fixture import Draw, module_case, write
from layout import channels_first, channels_last

SEED = 33
draw = Draw(SEED)


class SelfAttention2d(nn.Module):
    def __init__(self, channels, features):
        super().__init__()
        self.query_conv = nn.Conv2d(channels, features, 1)
        self.key_conv = nn.Conv2d(channels, features, 1)
        self.value_conv = nn.Conv2d(channels, features, 1)

    def forward(self, x):
        image = channels_first(x)
        q, k, v = (conv(image).flatten(2) for conv in (self.query_conv, self.key_conv, self.value_conv))
        weights = (q.transpose(1, 2) @ k / math.sqrt(q.shape[1])).softmax(-1)  # [batch, positions, positions]
        out = v @ weights.transpose(1, 2)  # [batch, features, positions]
        return channels_last(out.unflatten(2, image.shape[2:]))


def make(name, shape, features):
    options = {'channels': shape[-1], 'features': features}
    return module_case(draw, name, options, draw.fill(SelfAttention2d(**options)), {'x': draw.normal(*shape)})


cases = [make('a row', [2, 1, 3, 2], 4), make('a map', [1, 3, 4, 3], 5)]
write(SEED, 'softmax(Q K^T / sqrt(features)) V over the positions of a feature map', cases)

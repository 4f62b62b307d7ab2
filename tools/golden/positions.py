# SPDX-License-Identifier: Apache-2.0
"""Golden values of sinusoidal positions: sine in the even features, cosine in the odd ones."""

import torch

from fixture import Draw, case, write

SEED = 11
draw = Draw(SEED)


def encoding(time, features):
    """position / 10000 ** (2 i / features), in float64, rounded once."""
    position = torch.arange(time, dtype=torch.float64)[:, None]
    angle = position / 10000 ** (torch.arange(0, features, 2, dtype=torch.float64) / features)
    return torch.stack([angle.sin(), angle.cos()], -1).reshape(time, features).float()


def make(name, batch, time, features):
    x = draw.normal(batch, time, features)
    options = {'time': time, 'features': features}
    return case(draw, name, options, {'x': x}, {}, lambda i, _: i['x'] + encoding(time, features))


cases = [
    make('five positions', 2, 5, 6),
    make('one position', 1, 1, 4),
    make('a long sequence', 1, 200, 2),
]
write(SEED, 'x + positions, Vaswani et al. 2017, section 3.5', cases)

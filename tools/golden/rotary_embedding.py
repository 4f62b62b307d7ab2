# SPDX-License-Identifier: Apache-2.0
"""Golden values of rotary positions: pairs of features as complex numbers, times exp(i * position * frequency)."""

import torch

from fixture import Draw, case, write

SEED = 28
draw = Draw(SEED)


def rotate(x, offset, base, pairs):
    """The rotation in complex float64, rounded once; this torch has no such layer."""
    time, size = x.shape[-2:]
    frequency = base ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    angle = (torch.arange(time, dtype=torch.float64) + offset)[:, None] * frequency
    halves = pairs == 'halves'
    a, b = (x[..., : size // 2], x[..., size // 2 :]) if halves else (x[..., 0::2], x[..., 1::2])
    turned = torch.complex(a.double(), b.double()) * torch.polar(torch.ones_like(angle), angle)
    parts = [turned.real, turned.imag]
    return (torch.cat(parts, -1) if halves else torch.stack(parts, -1).flatten(-2)).float()


def make(name, *shape, offset=0, base=10000.0, pairs='neighbours'):
    options = {'offset': offset, 'base': base, 'pairs': pairs}
    return case(draw, name, options, {'x': draw.normal(*shape)}, {}, lambda i, _: rotate(i['x'], offset, base, pairs))


cases = [
    make('neighbours', 2, 2, 3, 6),
    make('halves', 2, 2, 3, 6, pairs='halves'),
    make('neighbours, one step of decoding', 2, 2, 1, 4, offset=37),
    make('halves, offset and another base', 1, 4, 4, offset=5, base=500.0, pairs='halves'),
    make('one pair', 3, 2),
]
write(SEED, 'Su et al. 2021, equation 34, neighbours; halves: the pairs of GPT-NeoX', cases)

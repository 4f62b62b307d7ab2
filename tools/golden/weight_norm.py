# SPDX-License-Identifier: Apache-2.0
"""Golden values of weight normalization, with the gradients of length and direction."""

from torch import nn
from torch.nn.utils import weight_norm

from fixture import Draw, module_case, write
from layout import on_channels_last

SEED = 61
draw = Draw(SEED)


def make(name, layer, shape, axis, **options):
    """`axis` is None for one length of the whole weight."""
    kind, sizes = layer
    module = weight_norm(getattr(nn, kind)(*sizes, **options), dim=axis)
    draw.fill(module)
    call = module if kind == 'Linear' else on_channels_last(module)
    described = {'layer': kind, 'sizes': sizes, 'axis': axis}
    return module_case(draw, name, described, module, {'x': draw.normal(*shape)}, call)


cases = [
    make('a length for each output', ('Linear', [5, 3]), [4, 5], 0),
    make('a length for each input', ('Linear', [5, 3]), [2, 3, 5], 1),
    make('one length', ('Linear', [3, 7]), [2, 3], None),
    make('a convolution', ('Conv2d', [3, 4, 3]), [2, 4, 5, 3], 0),
    make('a convolution, by inputs', ('Conv1d', [3, 5, 2]), [2, 6, 3], 1),
    make('a transposed convolution', ('ConvTranspose1d', [3, 5, 2]), [2, 4, 3], 1),
]
write(SEED, 'torch.nn.utils.weight_norm on channels-last tensors', cases)

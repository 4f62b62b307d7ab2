# SPDX-License-Identifier: Apache-2.0
"""Spectral normalization while training: outputs, gradients and buffers of several steps, then an output in evaluation."""

import torch
from torch import nn
from torch.nn.utils import spectral_norm

from fixture import Draw, write
from layout import on_channels_last

SEED = 62
STEPS = 3
draw = Draw(SEED)
torch.manual_seed(SEED)  # spectral_norm draws where its iteration starts


def make(name, kind, sizes, shape, axis=None, iterations=1):
    """`axis` is None where the default holds."""
    module = spectral_norm(getattr(nn, kind)(*sizes), n_power_iterations=iterations, dim=axis)
    draw.fill(module)
    call = module if kind == 'Linear' else on_channels_last(module)
    start = {key: x.clone() for key, x in module.state_dict().items()}
    steps = []
    for _ in range(STEPS):
        x = draw.normal(*shape).requires_grad_(True)
        module.zero_grad()
        output = call(x)
        weights = draw.normal(*output.shape)
        (output * weights).sum().backward()
        steps.append({
            'x': x,
            'output': output,
            'outputWeights': weights,
            'gradX': x.grad,
            'parameterGradients': {key: p.grad.clone() for key, p in module.named_parameters()},
            'buffers': {key: b.clone() for key, b in module.named_buffers()},
        })
    module.eval()
    evaluated = call(steps[0]['x'])
    options = {'layer': kind, 'sizes': sizes, 'iterations': iterations, **({} if axis is None else {'axis': axis})}
    return {'name': name, 'options': options, 'state': start, 'steps': steps, 'evaluated': evaluated}


cases = [
    make('a linear map', 'Linear', [5, 3], [4, 5]),
    make('a linear map by inputs, three iterations', 'Linear', [3, 4], [2, 3], axis=1, iterations=3),
    make('a convolution', 'Conv2d', [3, 4, 2], [1, 3, 4, 3]),
    make('a transposed convolution', 'ConvTranspose1d', [3, 5, 2], [2, 3, 3]),
]
write(SEED, 'torch.nn.utils.spectral_norm in training on channels-last tensors', cases)

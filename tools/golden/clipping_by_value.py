# SPDX-License-Identifier: Apache-2.0
"""Golden values of clipping by value: torch.nn.utils.clip_grad_value_."""

import torch

from fixture import Draw, write

SEED = 35
draw = Draw(SEED)


def make(name, maximum, gradients):
    parameters = [torch.zeros_like(x) for x in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient.clone()
    torch.nn.utils.clip_grad_value_(parameters, maximum)
    clipped = [x.grad for x in parameters]
    return {'name': name, 'options': {'maximum': maximum}, 'gradients': gradients, 'clipped': clipped}


cases = [
    make('some elements above the maximum', 0.5, [draw.normal(3, 5), draw.normal(7), draw.normal()]),
    make('none above it', 100.0, [draw.normal(7)]),
]
write(SEED, 'min(max(gradient, -maximum), maximum), torch.nn.utils.clip_grad_value_', cases)

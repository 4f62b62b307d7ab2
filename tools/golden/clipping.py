# SPDX-License-Identifier: Apache-2.0
"""Golden values of clipping by the global norm: torch.nn.utils.clip_grad_norm_."""

import torch

from fixture import Draw, write

SEED = 14
draw = Draw(SEED)


def make(name, maximum, gradients):
    parameters = [torch.zeros_like(x) for x in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, maximum)
    clipped = [x.grad for x in parameters]
    return {'name': name, 'options': {'maximumNorm': maximum}, 'gradients': gradients, 'norm': norm, 'clipped': clipped}


cases = [
    make('norm above the maximum', 1.0, [draw.normal(3, 5), draw.normal(7), draw.normal()]),
    make('norm below the maximum', 100.0, [draw.normal(3, 5), draw.normal(7)]),
    make('one element', 0.5, [draw.normal(1)]),
    make('zero gradients', 1.0, [torch.zeros(2, 3)]),
    make('many elements', 0.1, [draw.normal(37, 11), draw.normal(1, 17)]),
]
write(SEED, 'gradient * min(1, maximumNorm / (norm + 1e-6)), torch.nn.utils.clip_grad_norm_', cases)

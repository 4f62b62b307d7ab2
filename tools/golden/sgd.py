# SPDX-License-Identifier: Apache-2.0
"""Golden values of ten steps of torch.optim.SGD."""

import torch

from fixture import Draw, write
from trajectory import trajectory

SEED = 12
draw = Draw(SEED)


def make(name, lr, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0, learning_rates=None):
    options = {
        'learningRate': lr,
        'momentum': momentum,
        'dampening': dampening,
        'nesterov': nesterov,
        'weightDecay': weight_decay,
    }

    def optimizer(parameters):
        return torch.optim.SGD(
            parameters, lr, momentum=momentum, dampening=dampening, nesterov=nesterov, weight_decay=weight_decay
        )

    return trajectory(draw, name, options, optimizer, learning_rates)


cases = [
    make('plain', 0.1),
    make('momentum', 0.05, momentum=0.9),
    make('dampening', 0.1, momentum=0.9, dampening=0.5),
    make('nesterov', 0.05, momentum=0.9, nesterov=True),
    make('weight decay', 0.1, weight_decay=0.1),
    make('momentum with weight decay', 0.05, momentum=0.8, weight_decay=0.01),
    make('changing learning rate', 0.1, momentum=0.9, learning_rates=[0.1] * 5 + [0.01] * 5),
]
write(SEED, 'parameters after each of ten steps of torch.optim.SGD on the given gradients', cases)

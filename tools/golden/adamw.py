# SPDX-License-Identifier: Apache-2.0
"""Golden values of ten steps of torch.optim.AdamW."""

import torch

from fixture import Draw, write
from trajectory import trajectory

SEED = 13
draw = Draw(SEED)


def make(name, lr=1e-3, betas=(0.9, 0.999), epsilon=1e-8, weight_decay=0.01, learning_rates=None, **others):
    options = {'learningRate': lr, 'betas': betas, 'epsilon': epsilon, 'weightDecay': weight_decay, **others}

    def optimizer(parameters):
        return torch.optim.AdamW(parameters, lr, betas=betas, eps=epsilon, weight_decay=weight_decay, **others)

    return trajectory(draw, name, options, optimizer, learning_rates)


cases = [
    make('defaults'),
    make('other betas', lr=0.01, betas=(0.8, 0.95)),
    make('weight decay 0.1', lr=0.01, weight_decay=0.1),
    make('no weight decay', lr=0.01, weight_decay=0.0),
    make('large epsilon', lr=0.01, epsilon=0.1),
    make('changing learning rate', lr=0.01, learning_rates=[0.002, 0.004, 0.006, 0.008, 0.01] + [0.005] * 5),
    make('amsgrad', lr=0.02, betas=(0.5, 0.6), epsilon=1e-3, weight_decay=0.1, amsgrad=True),
]
write(SEED, 'parameters after each of ten steps of torch.optim.AdamW on the given gradients', cases)

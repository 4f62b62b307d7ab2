# SPDX-License-Identifier: Apache-2.0
"""Golden values of torch.optim.lr_scheduler.ReduceLROnPlateau."""

import torch

from fixture import Draw, write

SEED = 42
STEPS = 30
draw = Draw(SEED)

# Our names of PyTorch's options, and of their values.
NAMES = {'mode': 'better', 'threshold_mode': 'thresholdMode', 'min_lr': 'minimum', 'eps': 'epsilon'}
VALUES = {'min': 'lower', 'max': 'higher', 'rel': 'relative', 'abs': 'absolute'}


def make(name, metrics, start=0.5, **options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=start)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    rates = []
    for metric in metrics:
        plateau.step(metric)
        rates.append(optimizer.param_groups[0]['lr'])
    ours = {NAMES.get(key, key): VALUES.get(value, value) for key, value in options.items()}
    return {'name': name, 'options': {'start': start, **ours}, 'metrics': metrics, 'learningRates': rates}


def noisy(sign=1):
    """A metric that falls, or rises, ever more slowly."""
    return [round(sign * (2.0 / (1 + step) + 0.3 * noise), 3) for step, noise in enumerate(draw.normal(STEPS).tolist())]


cases = [
    make('defaults', [1.0, *([0.9999] * (STEPS - 1))]),
    make('noise', noisy(), factor=0.5, patience=1, threshold=0),
    make('higher is better', noisy(-1), mode='max', factor=0.5, patience=2),
    make('a share', noisy(), factor=0.7, patience=1, threshold=0.2),
    make('a share of what is to be higher', [1 - x for x in noisy()], mode='max', factor=0.7, patience=1, threshold=0.2),
    make('a difference', noisy(), factor=0.7, patience=1, threshold=0.1, threshold_mode='abs'),
    make('a difference of what is to be higher', noisy(-1), mode='max', factor=0.7, threshold=0.1, threshold_mode='abs', patience=0),
    make('cooldown', noisy(), factor=0.5, patience=1, cooldown=3),
    make('minimum', noisy(), factor=0.5, patience=0, min_lr=0.1),
    make('falls that are too small', noisy(), factor=0.5, patience=0, eps=0.1),
]
write(SEED, 'the learning rate after each metric', cases)

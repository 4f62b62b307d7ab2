# SPDX-License-Identifier: Apache-2.0
"""Golden values of torch.optim.swa_utils.AveragedModel: equal averages, and exponential ones (an avg_fn; version 2 has its own)."""

import torch
from torch.optim.swa_utils import AveragedModel

from fixture import Draw, write

SEED = 43
UPDATES = 5
draw = Draw(SEED)


def make(name, average, options, avg_fn=None):
    model = torch.nn.Linear(3, 2)
    averaged = AveragedModel(model, avg_fn=avg_fn)
    weights, averages = [], []
    for _ in range(UPDATES):
        draw.fill(model)
        averaged.update_parameters(model)
        weights.append({key: x.detach().clone() for key, x in model.named_parameters()})
        averages.append({key: x.detach().clone() for key, x in averaged.module.named_parameters()})
    return {'name': name, 'average': average, 'options': options, 'weights': weights, 'averages': averages}


cases = [
    make('equal', 'StochasticWeightAverage', {}),
    make('exponential', 'ExponentialMovingAverage', {'decay': 0.7}, lambda old, new, _: 0.7 * old + 0.3 * new),
    make('exponential by default', 'ExponentialMovingAverage', {}, lambda old, new, _: 0.999 * old + 0.001 * new),
]
write(SEED, 'averages after each update with the given weights', cases)

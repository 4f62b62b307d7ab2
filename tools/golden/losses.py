# SPDX-License-Identifier: Apache-2.0
"""Golden values of the loss modules MSELoss, CrossEntropyLoss and BCEWithLogitsLoss."""

import torch
from torch import nn

from fixture import Draw, case, constant, write

SEED = 10
draw = Draw(SEED)
REDUCTIONS = ('mean', 'sum', 'none')


def make(loss, name, reduction, inputs):
    module = getattr(nn, loss)(reduction=reduction)
    options = {'loss': loss, 'reduction': reduction}
    return case(draw, '%s, %s' % (loss, name), options, inputs, {}, lambda i, _: module(*i.values()))


def mean_squared_error(reduction):
    inputs = {'input': draw.normal(3, 5), 'target': constant(draw.normal(3, 5))}
    return make('MSELoss', reduction, reduction, inputs)


def cross_entropy(reduction):
    inputs = {'input': draw.normal(4, 7), 'target': draw.integers(7, 4)}
    return make('CrossEntropyLoss', reduction, reduction, inputs)


def binary_cross_entropy(reduction):
    inputs = {'input': draw.normal(3, 5, scale=3.0), 'target': constant((draw.integers(11, 3, 5) / 10).float())}
    return make('BCEWithLogitsLoss', reduction, reduction, inputs)


far = {
    'input': torch.tensor([0.0, 1e-4, -1e-4, 20.0, -20.0, 90.0, -90.0, 90.0, -90.0]),
    'target': constant(torch.tensor([0.5, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0])),
}
cases = [
    *[mean_squared_error(reduction) for reduction in REDUCTIONS],
    *[cross_entropy(reduction) for reduction in REDUCTIONS],
    *[binary_cross_entropy(reduction) for reduction in REDUCTIONS],
    make('BCEWithLogitsLoss', 'logits far from zero', 'none', far),
]
write(SEED, 'loss modules of torch.nn', cases)

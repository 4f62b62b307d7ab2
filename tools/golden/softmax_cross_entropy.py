# SPDX-License-Identifier: Apache-2.0
"""Golden values of cross-entropy of logits against integer labels."""

import torch
import torch.nn.functional as F

from fixture import Draw, case, write

SEED = 3
draw = Draw(SEED)


def make(name, shape, reduction, logits=None):
    classes = shape[-1]
    inputs = {
        'logits': draw.normal(*shape, scale=2.0) if logits is None else torch.tensor(logits),
        'labels': draw.integers(classes, *shape[:-1]),
    }

    def forward(inputs, _):
        flat = F.cross_entropy(inputs['logits'].reshape(-1, classes), inputs['labels'].reshape(-1), reduction=reduction)
        return flat.reshape(shape[:-1]) if reduction == 'none' else flat

    return case(draw, name, {'reduction': reduction}, inputs, {}, forward)


cases = [
    *[make(reduction, [5, 7], reduction) for reduction in ('mean', 'sum', 'none')],
    *[make('two batch axes, ' + reduction, [2, 3, 5], reduction) for reduction in ('mean', 'sum', 'none')],
    make('one row of two classes', [1, 2], 'mean'),
    make('more classes than one vector', [3, 65], 'mean'),
    make('logits of hundreds', [3, 4], 'none', [[300.0, -300, 0, 1], [-200, -201, -199.5, -400], [0, 0, 0, 500]]),
]
write(SEED, '-log softmax(logits)[label] over the last axis, torch.nn.functional.cross_entropy', cases)

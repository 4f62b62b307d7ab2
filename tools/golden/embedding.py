# SPDX-License-Identifier: Apache-2.0
"""Golden values of a table lookup, whose gradient adds up rows that occur several times."""

import torch
import torch.nn.functional as F

from fixture import Draw, case, write

SEED = 5
draw = Draw(SEED)


def make(name, vocabulary, features, indices):
    inputs = {'indices': torch.tensor(indices)}
    parameters = {'weight': draw.normal(vocabulary, features)}
    options = {'vocabulary': vocabulary, 'features': features}
    return case(draw, name, options, inputs, parameters, lambda i, p: F.embedding(i['indices'], p['weight']))


cases = [
    make('one index', 3, 5, [2]),
    make('repeated indices', 7, 3, [[1, 6, 1, 0], [1, 1, 3, 6]]),
    make('every row once, wider than one vector', 4, 19, [3, 1, 0, 2]),
    make('three index axes', 5, 2, [[[0, 4], [4, 4]], [[2, 1], [0, 0]], [[3, 3], [4, 2]]]),
]
write(SEED, 'weight[indices], torch.nn.functional.embedding', cases)

# SPDX-License-Identifier: Apache-2.0
"""Golden values of embeddings with padding, and of bags of embeddings. A bag is a row of indices."""

import torch
from torch import nn

from fixture import Draw, case, write

SEED = 32
draw = Draw(SEED)
BAGS = [[1, 6, 1], [2, 2, 2], [0, 4, 5], [3, 0, 0]]


def make(layer, name, indices, padding=None, mode=None, factors=False):
    weight = draw.normal(7, 4)
    inputs = {'indices': torch.tensor(indices)}
    if factors:
        inputs['factors'] = draw.normal(*inputs['indices'].shape)
    options = {'layer': layer, 'vocabulary': 7, 'features': 4}
    options.update({} if padding is None else {'paddingIndex': padding})
    options.update({} if mode is None else {'mode': mode})

    def forward(inputs, parameters):
        if layer == 'Embedding':
            return nn.functional.embedding(inputs['indices'], parameters['weight'], padding)
        rest = {'mode': mode or 'mean', 'padding_idx': padding, 'per_sample_weights': inputs.get('factors')}
        return nn.functional.embedding_bag(inputs['indices'], parameters['weight'], **rest)

    return case(draw, '%s, %s' % (layer, name), options, inputs, {'weight': weight}, forward)


cases = [
    make('Embedding', 'padding first', BAGS, padding=0),
    make('Embedding', 'padding in the middle', [1, 3, 3, 2], padding=3),
    *[make('EmbeddingBag', mode, BAGS, mode=mode) for mode in ('mean', 'sum', 'max')],
    *[make('EmbeddingBag', mode + ' and padding', BAGS, padding=0, mode=mode) for mode in ('mean', 'sum', 'max')],
    *[make('EmbeddingBag', mode + ' of a bag of padding', [[2, 2], [2, 1]], padding=2, mode=mode) for mode in ('mean', 'sum')],
    make('EmbeddingBag', 'factors', BAGS, mode='sum', factors=True),
    make('EmbeddingBag', 'factors and padding', BAGS, mode='sum', padding=0, factors=True),
]
write(SEED, 'torch.nn.functional.embedding with padding_idx and embedding_bag', cases)

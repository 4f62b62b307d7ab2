# SPDX-License-Identifier: Apache-2.0
"""Golden values of the layers that compare vectors along the last axis."""

from torch import nn

from fixture import Draw, case, write

SEED = 28
draw = Draw(SEED)


def make(layer, name, options, module, *shape):
    inputs = {'a': draw.normal(*shape), 'b': draw.normal(*shape)}
    all_options = {'layer': layer, 'options': options}
    return case(draw, '%s, %s' % (layer, name), all_options, inputs, {}, lambda i, _: module(i['a'], i['b']))


cases = [
    make('CosineSimilarity', 'default', {}, nn.CosineSimilarity(dim=-1), 3, 5),
    make('CosineSimilarity', 'two batch axes', {}, nn.CosineSimilarity(dim=-1), 2, 3, 7),
    make('PairwiseDistance', 'default', {}, nn.PairwiseDistance(), 3, 5),
    make('PairwiseDistance', 'two batch axes', {}, nn.PairwiseDistance(), 2, 3, 7),
    make('PairwiseDistance', 'p 1', {'p': 1}, nn.PairwiseDistance(1), 3, 5),
    make('PairwiseDistance', 'p 3', {'p': 3}, nn.PairwiseDistance(3), 3, 5),
    make('PairwiseDistance', 'large epsilon', {'epsilon': 0.5}, nn.PairwiseDistance(eps=0.5), 3, 5),
]
write(SEED, 'layers of torch.nn that compare vectors', cases)

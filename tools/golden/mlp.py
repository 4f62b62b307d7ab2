# SPDX-License-Identifier: Apache-2.0
"""Golden values of small networks made with torch.nn.Sequential."""

from torch import nn

from fixture import Draw, module_case, write

SEED = 9
draw = Draw(SEED)
LAYERS = {'relu': nn.ReLU, 'tanh': nn.Tanh, 'sigmoid': nn.Sigmoid, 'gelu': nn.GELU, 'silu': nn.SiLU}


def make(name, sizes, activations, batch):
    layers = []
    for index, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Linear(inputs, outputs))
        if index < len(activations):
            layers.append(LAYERS[activations[index]]())
    module = draw.fill(nn.Sequential(*layers))
    options = {'sizes': sizes, 'activations': activations}
    return module_case(draw, name, options, module, {'x': draw.normal(*batch, sizes[0])})


cases = [
    make('one hidden layer', [10, 5, 1], ['relu'], [3]),
    make('two hidden layers', [7, 9, 5, 3], ['tanh', 'relu'], [4]),
    make('other activations, two batch axes', [3, 5, 5, 5, 2], ['gelu', 'silu', 'sigmoid'], [2, 3]),
]
write(SEED, 'torch.nn.Sequential of Linear layers with an activation after each but the last', cases)

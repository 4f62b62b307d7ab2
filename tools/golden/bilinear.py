# SPDX-License-Identifier: Apache-2.0
"""Golden values of the bilinear map."""

from torch import nn

from fixture import Draw, module_case, write

SEED = 31
draw = Draw(SEED)


def make(name, batch, inputs1, inputs2, outputs, bias=True):
    module = draw.fill(nn.Bilinear(inputs1, inputs2, outputs, bias=bias))
    inputs = {'x1': draw.normal(*batch, inputs1), 'x2': draw.normal(*batch, inputs2)}
    options = {'inputs1': inputs1, 'inputs2': inputs2, 'outputs': outputs, 'bias': bias}
    return module_case(draw, name, options, module, inputs)


cases = [
    make('bias', [3], 4, 5, 2),
    make('no bias', [3], 4, 5, 2, bias=False),
    make('two batch axes', [2, 3], 2, 3, 4),
    make('no batch axis', [], 3, 2, 3),
    make('one of each', [2], 1, 1, 1),
]
write(SEED, 'x1 @ weight[o] @ x2 + bias[o], torch.nn.Bilinear', cases)

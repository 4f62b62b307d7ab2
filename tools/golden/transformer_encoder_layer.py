# SPDX-License-Identifier: Apache-2.0
"""Golden values of torch.nn.TransformerEncoderLayer in evaluation mode. Its masks say true = may NOT attend."""

import torch
from torch import nn

from fixture import Draw, module_case, write

SEED = 8
draw = Draw(SEED)


def make(name, activation, norm_first, causal=False, padded=None, features=6, heads=2, hidden=9, time=4):
    module = nn.TransformerEncoderLayer(
        features, heads, hidden, activation=activation, norm_first=norm_first, batch_first=True
    )
    draw.fill(module)
    inputs = {'x': draw.normal(2, time, features)}
    mask = torch.ones(time, time, dtype=torch.bool).triu(1) if causal else None
    if padded is not None:
        inputs['key_padding_mask'] = torch.arange(time) >= time - torch.tensor(padded)[:, None]

    def call(*_):
        return module(inputs['x'], src_mask=mask, src_key_padding_mask=inputs.get('key_padding_mask'))

    options = {
        'features': features,
        'heads': heads,
        'hidden': hidden,
        'activation': activation,
        'normFirst': norm_first,
        'causal': causal,
    }
    return module_case(draw, name, options, module, inputs, call)


cases = [
    make('post-norm, relu', 'relu', False),
    make('post-norm, gelu', 'gelu', False),
    make('pre-norm, relu', 'relu', True),
    make('pre-norm, gelu', 'gelu', True),
    make('pre-norm, gelu, causal', 'gelu', True, causal=True),
    make('post-norm, relu, padding', 'relu', False, padded=[0, 2]),
    make('pre-norm, gelu, causal and padding', 'gelu', True, causal=True, padded=[1, 0], heads=3),
]
write(SEED, 'torch.nn.TransformerEncoderLayer; key_padding_mask [batch, time] is true where a key is padding', cases)

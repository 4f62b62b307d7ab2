# SPDX-License-Identifier: Apache-2.0
"""Golden values of torch.nn.MultiheadAttention, batch first. Its masks say true = may NOT attend."""

import torch
from torch import nn

from fixture import Draw, module_case, write

SEED = 7
draw = Draw(SEED)


def make(name, features, heads, time, causal=False, padded=None, key_time=None, batch=2):
    module = draw.fill(nn.MultiheadAttention(features, heads, batch_first=True))
    if key_time is None:
        inputs = {'x': draw.normal(batch, time, features)}
    else:
        inputs = {
            'query': draw.normal(batch, time, features),
            'key': draw.normal(batch, key_time, features),
            'value': draw.normal(batch, key_time, features),
        }
    attn_mask = torch.ones(time, time, dtype=torch.bool).triu(1) if causal else None
    if padded is not None:
        inputs['key_padding_mask'] = torch.arange(key_time or time) >= (key_time or time) - torch.tensor(padded)[:, None]

    def call(*_):
        query, key, value = (inputs.get(role, inputs.get('x')) for role in ('query', 'key', 'value'))
        padding = inputs.get('key_padding_mask')
        return module(query, key, value, key_padding_mask=padding, attn_mask=attn_mask, need_weights=False)[0]

    return module_case(draw, name, {'features': features, 'heads': heads, 'causal': causal}, module, inputs, call)


cases = [
    make('self-attention', 6, 2, 3),
    make('one head, one position', 5, 1, 1, batch=1),
    make('causal', 6, 3, 5, causal=True),
    make('key padding mask', 6, 2, 5, padded=[0, 2]),
    make('causal with key padding mask', 6, 2, 4, causal=True, padded=[1, 0]),
    make('query attends to other keys', 4, 2, 3, key_time=5, padded=[3, 0]),
]
write(SEED, 'torch.nn.MultiheadAttention; key_padding_mask [batch, keyTime] is true where a key is padding', cases)

# SPDX-License-Identifier: Apache-2.0
"""Golden values of torch.nn.MultiheadAttention, batch first. Its masks say true = may NOT attend."""

import torch
from torch import nn

from fixture import Draw, module_case, write

SEED = 7
draw = Draw(SEED)


OPTIONS = {'bias': 'bias', 'kdim': 'keySize', 'vdim': 'valueSize'}


def make(name, features, heads, time, causal=False, padded=None, key_time=None, batch=2, mask=None, weights=None, **kwargs):
    module = draw.fill(nn.MultiheadAttention(features, heads, batch_first=True, **kwargs))
    if key_time is None:
        inputs = {'x': draw.normal(batch, time, features)}
    else:
        inputs = {
            'query': draw.normal(batch, time, features),
            'key': draw.normal(batch, key_time, module.kdim),
            'value': draw.normal(batch, key_time, module.vdim),
        }
    attn_mask = torch.ones(time, time, dtype=torch.bool).triu(1) if causal else None
    if padded is not None:
        inputs['key_padding_mask'] = torch.arange(key_time or time) >= (key_time or time) - torch.tensor(padded)[:, None]

    if mask is not None:
        inputs['attn_mask'] = attn_mask = mask

    def call(*_):
        query, key, value = (inputs.get(role, inputs.get('x')) for role in ('query', 'key', 'value'))
        padding = inputs.get('key_padding_mask')
        masks = {'key_padding_mask': padding, 'attn_mask': attn_mask}
        average = weights != 'perHead'
        output, each = module(query, key, value, need_weights=weights is not None, average_attn_weights=average, **masks)
        if weights is None:
            return output
        return torch.cat([output, each if average else each.transpose(1, 2).flatten(2)], -1)

    options = {'features': features, 'heads': heads, 'causal': causal}
    options.update({ours: kwargs[theirs] for theirs, ours in OPTIONS.items() if theirs in kwargs})
    if weights is not None:
        options['weights'] = weights
    return module_case(draw, name, options, module, inputs, call)


cases = [
    make('self-attention', 6, 2, 3),
    make('one head, one position', 5, 1, 1, batch=1),
    make('causal', 6, 3, 5, causal=True),
    make('key padding mask', 6, 2, 5, padded=[0, 2]),
    make('causal with key padding mask', 6, 2, 4, causal=True, padded=[1, 0]),
    make('query attends to other keys', 4, 2, 3, key_time=5, padded=[3, 0]),
    make('keys and values of other sizes', 4, 2, 2, key_time=3, kdim=3, vdim=5, batch=1),
    make('values of another size, no bias', 4, 2, 2, key_time=3, vdim=2, bias=False, batch=1),
    make('float mask', 4, 2, 3, mask=draw.normal(3, 3)),
    make('float mask of each head, key padding mask', 4, 2, 3, mask=draw.normal(4, 3, 3), padded=[0, 1]),
    make('bool mask of each head', 4, 2, 3, mask=torch.ones(3, 3).triu(1).bool().repeat(4, 1, 1)),
    make('weights, the mean of the heads, appended', 4, 2, 3, causal=True, weights='mean'),
    make('weights of each head appended', 4, 2, 2, key_time=3, mask=draw.normal(2, 3), weights='perHead', batch=1),
]
write(SEED, 'torch.nn.MultiheadAttention; key_padding_mask [batch, keyTime] is true where a key is padding', cases)

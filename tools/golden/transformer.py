# SPDX-License-Identifier: Apache-2.0
"""Golden values of torch.nn.Transformer, its stacks and its decoder layer, in evaluation mode. Masks say true = may NOT attend."""

import torch
from torch import nn

from fixture import Draw, module_case, write

SEED = 27
draw = Draw(SEED)

FEATURES, HEADS, HIDDEN, SOURCE_TIME, TARGET_TIME = 3, 3, 2, 3, 2


def build(layer, activation, norm_first, layers):
    common = {'activation': activation, 'norm_first': norm_first, 'batch_first': True}
    norm = nn.LayerNorm(FEATURES) if norm_first else None
    if layer == 'Transformer':
        return nn.Transformer(FEATURES, HEADS, layers, layers, HIDDEN, **common)
    if layer == 'TransformerEncoder':
        one = nn.TransformerEncoderLayer(FEATURES, HEADS, HIDDEN, **common)
        return nn.TransformerEncoder(one, layers, norm, enable_nested_tensor=False)
    one = nn.TransformerDecoderLayer(FEATURES, HEADS, HIDDEN, **common)
    return one if layer == 'TransformerDecoderLayer' else nn.TransformerDecoder(one, layers, norm)


def make(name, layer, activation='relu', norm_first=False, layers=1, causal=False, padded=None, batch=1, bias=False):
    module = draw.fill(build(layer, activation, norm_first, layers))
    inputs = {}
    if layer != 'TransformerDecoder' and layer != 'TransformerDecoderLayer':
        inputs['source'] = draw.normal(batch, SOURCE_TIME, FEATURES)
    if layer != 'TransformerEncoder':
        inputs['target'] = draw.normal(batch, TARGET_TIME, FEATURES)
    if layer == 'TransformerDecoder' or layer == 'TransformerDecoderLayer':
        inputs['memory'] = draw.normal(batch, SOURCE_TIME, FEATURES)
    if padded is not None:
        inputs['source_padding'] = torch.arange(SOURCE_TIME) >= SOURCE_TIME - torch.tensor(padded)[:, None]
    if bias:
        inputs['memory_mask'] = draw.normal(TARGET_TIME, SOURCE_TIME)

    def call(*_):
        source, target, memory, padding, memory_mask = (
            inputs.get(key) for key in ('source', 'target', 'memory', 'source_padding', 'memory_mask')
        )
        if layer == 'TransformerEncoder':
            hidden = torch.ones(SOURCE_TIME, SOURCE_TIME).triu(1).bool() if causal else None
            return module(source, mask=hidden, src_key_padding_mask=padding)
        hidden = torch.ones(TARGET_TIME, TARGET_TIME).triu(1).bool() if causal else None
        masks = {'tgt_mask': hidden, 'memory_mask': memory_mask, 'memory_key_padding_mask': padding}
        if layer == 'Transformer':
            return module(source, target, src_key_padding_mask=padding, **masks)
        return module(target, memory, **masks)

    options = {'layer': layer, 'features': FEATURES, 'heads': HEADS, 'hidden': HIDDEN, 'layers': layers}
    options.update({'activation': activation, 'normFirst': norm_first, 'causal': causal})
    return module_case(draw, name, options, module, inputs, call)


cases = [
    make('decoder layer, post-norm', 'TransformerDecoderLayer'),
    make('decoder layer, pre-norm, gelu', 'TransformerDecoderLayer', 'gelu', norm_first=True),
    make('decoder layer, causal, padded memory', 'TransformerDecoderLayer', causal=True, padded=[0, 2], batch=2),
    make('decoder layer, float mask of the memory', 'TransformerDecoderLayer', bias=True),
    make('encoder of two layers, post-norm', 'TransformerEncoder', layers=2),
    make('encoder, pre-norm and norm, causal, padding', 'TransformerEncoder', 'gelu', True, 1, True, [1, 0], 2),
    make('decoder, pre-norm and norm, causal', 'TransformerDecoder', 'gelu', True, 1, True),
    make('decoder of two layers, post-norm', 'TransformerDecoder', layers=2),
    make('transformer, post-norm, causal target', 'Transformer', causal=True),
    make('transformer, pre-norm, gelu, padded source', 'Transformer', 'gelu', True, 1, True, [2, 0], 2),
]
write(SEED, 'torch.nn.Transformer and its parts; source_padding [batch, time] is true where a key is padding', cases)

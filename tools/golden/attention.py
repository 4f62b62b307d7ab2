# SPDX-License-Identifier: Apache-2.0
"""Golden values of scaled dot-product attention: plain, causal, with boolean masks (true = may attend) and with float masks."""

import math

import torch
import torch.nn.functional as F

from fixture import Draw, case, write

SEED = 4
draw = Draw(SEED)


def attention(query, key, value, mask=None, causal=False, scale=None):
    """softmax(query @ key.T * scale + mask) @ value; what is masked out has weight 0, so an empty row gives zeros."""
    key, value = (x.repeat_interleave(query.shape[1] // x.shape[1], 1) for x in (key, value))
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    allowed = torch.ones(scores.shape[-2:], dtype=torch.bool)
    if causal:
        allowed = allowed.tril()
    if mask is not None and mask.dtype == torch.bool:
        allowed = allowed & mask
    elif mask is not None:
        scores = scores + mask
    scores = scores.masked_fill(~allowed, torch.finfo(torch.float32).min)
    return (scores.softmax(-1) * allowed) @ value


def check_against_torch(query, key, value, mask, causal):
    mask = mask.expand(*query.shape[:-1], key.shape[-2]) if mask is not None else None
    expected = F._scaled_dot_product_attention(query, key, value, mask, 0.0, False, causal)[0]
    torch.testing.assert_close(attention(query, key, value, mask, causal), expected)


def make(
    name, batch, heads, query_time, key_time, head_size, value_size=None, mask=None, causal=False, scale=None, key_heads=None
):
    key_heads = key_heads or heads
    inputs = {
        'query': draw.normal(batch, heads, query_time, head_size),
        'key': draw.normal(batch, key_heads, key_time, head_size),
        'value': draw.normal(batch, key_heads, key_time, value_size or head_size),
    }
    if mask is not None:
        inputs['mask'] = mask
    some_row_is_empty = mask is not None and mask.dtype == torch.bool and not mask.any(-1).all()
    if scale is None and key_heads == heads and not some_row_is_empty and not (mask is not None and causal):
        check_against_torch(inputs['query'], inputs['key'], inputs['value'], mask, causal)
    options = {'causal': causal} if scale is None else {'causal': causal, 'scale': scale}
    return case(draw, name, options, inputs, {}, lambda i, _: attention(**i, causal=causal, scale=scale))


def random_mask(*shape):
    mask = draw.integers(3, *shape) > 0
    mask[..., 0] = True  # no row is empty
    return mask


empty_row = random_mask(2, 1, 3, 5)
empty_row[1, 0, 2] = False
padding = torch.ones(2, 1, 1, 5, dtype=torch.bool)
padding[1, :, :, 3:] = False

cases = [
    make('plain', 2, 2, 3, 3, 4),
    make('more keys than queries, wider values', 2, 1, 3, 5, 4, value_size=7),
    make('one position', 1, 1, 1, 1, 3),
    make('causal', 2, 2, 5, 5, 3, causal=True),
    make('causal, longer than one block', 1, 1, 19, 19, 5, causal=True),
    make('mask [queryTime, keyTime]', 1, 2, 3, 5, 4, mask=random_mask(3, 5)),
    make('mask [batch, 1, 1, keyTime]: padding', 2, 2, 3, 5, 4, mask=padding),
    make('mask [batch, heads, queryTime, keyTime]', 2, 2, 3, 5, 4, mask=random_mask(2, 2, 3, 5)),
    make('causal and padding', 2, 2, 5, 5, 4, mask=padding, causal=True),
    make('a row with nothing to attend to gives zeros', 2, 2, 3, 5, 4, mask=empty_row),
    make('scale 0.25', 1, 2, 3, 3, 5, scale=0.25),
    make('float mask [queryTime, keyTime]', 2, 2, 3, 5, 4, mask=draw.normal(3, 5)),
    make('float mask [heads, 1, keyTime], causal', 2, 2, 3, 5, 4, mask=draw.normal(2, 1, 5), causal=True),
    make('four heads share two of keys and values', 2, 4, 3, 5, 4, value_size=3, key_heads=2),
    make('three heads share one, causal, float mask', 1, 3, 5, 5, 3, mask=draw.normal(3, 5, 5), causal=True, key_heads=1),
]
write(SEED, 'softmax(query @ key.T * scale + mask) @ value, checked against _scaled_dot_product_attention', cases)

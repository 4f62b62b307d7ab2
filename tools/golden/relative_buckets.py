# SPDX-License-Identifier: Apache-2.0
"""Golden values of T5's buckets of relative positions, computed in float32: on the border of two buckets its rounding decides."""

import math

import torch

from fixture import write

SEED = 0  # nothing is drawn
FARTHEST = 300


def buckets_of(distance, bidirectional, buckets, maximum):
    """Raffel et al. 2020, as Mesh TensorFlow has it: half of the buckets exact, the others logarithmic."""
    first = torch.zeros_like(distance)
    if bidirectional:
        buckets //= 2
        first = (distance > 0).long() * buckets
        distance = distance.abs()
    else:
        distance = (-distance).clamp(min=0)
    exact = buckets // 2
    share = torch.log(distance.float() / exact) / math.log(maximum / exact) * (buckets - exact)
    far = (exact + share.long()).clamp(max=buckets - 1)
    return first + torch.where(distance < exact, distance, far)


def make(buckets, maximum, bidirectional):
    found = buckets_of(torch.arange(-FARTHEST, FARTHEST + 1), bidirectional, buckets, maximum)
    return {
        'name': '%d buckets up to %d%s' % (buckets, maximum, ', both directions' if bidirectional else ''),
        'options': {'buckets': buckets, 'maximumDistance': maximum, 'bidirectional': bidirectional},
        'first': -FARTHEST,
        'found': found,
    }


sizes = [(32, 128), (8, 16), (16, 50), (12, 20), (64, 256), (32, 300)]
write(SEED, 'buckets of relative positions', [make(*size, both) for size in sizes for both in (True, False)])

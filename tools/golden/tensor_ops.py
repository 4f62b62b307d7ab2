# SPDX-License-Identifier: Apache-2.0
"""Golden values and gradients of the tensor operations that Nabla adds to those of tfjs-core."""

import math

import torch

from fixture import Draw, float32, op_case, write

SEED = 92
draw = Draw(SEED)
cases = []


def add(op, forward, *inputs, **options):
    cases.append(op_case(draw, op, forward, *inputs, **options))


for axis in [0, 1]:
    for descending in [False, True]:
        label = 'axis %d%s' % (axis, ', descending' if descending else '')
        forward = lambda a: torch.sort(a, dim=axis, descending=descending, stable=True)[0]
        add('sort', forward, draw.normal(3, 4), name=label, axis=axis, descending=descending)
        forward = lambda a: torch.topk(a, 2, dim=axis, largest=descending)[0]
        add('topk', forward, draw.normal(3, 4), name=label, axis=axis, largest=descending)
    add('cumulativeMax', lambda a: torch.cummax(a, axis)[0], draw.normal(3, 4), name='axis %d' % axis, axis=axis)
add('cumulativeMax', lambda a: torch.cummax(a, 0)[0], float32([1, 1, 0, 2, 2]), name='ties', axis=0)

positions = {0: torch.tensor([[1, 0, 1]]), 1: torch.tensor([[2, 2, 0, 1], [0, 1, 1, 1]])}
for axis, index in positions.items():
    options = {'name': 'axis %d' % axis, 'axis': axis}
    add('gatherAlong', lambda a, i: torch.gather(a, axis, i), draw.normal(2, 3), index, **options)
    forward = lambda a, i, values: torch.scatter_add(a, axis, i, values)
    add('scatterAdd', forward, draw.normal(2, 3), index, draw.normal(*index.shape), **options)

for offset in [-1, 0, 2]:
    label = 'offset %d' % offset
    add('tril', lambda a: torch.tril(a, offset), draw.normal(2, 2, 3), name=label, offset=offset)
    add('triu', lambda a: torch.triu(a, offset), draw.normal(2, 2, 3), name=label, offset=offset)
    add('diagonal', lambda a: torch.diagonal(a, offset, -2, -1), draw.normal(2, 2, 3), name=label, offset=offset)
add('trace', torch.trace, draw.normal(3, 4))

for shift, axis in [([1], [0]), ([-2], [1]), ([5, -1], [0, 1])]:
    label = 'by %s along %s' % (shift, axis)
    add('roll', lambda a: torch.roll(a, shift, axis), draw.normal(3, 4), name=label, shift=shift, axes=axis)
for times, axis in [(2, 0), ([1, 0, 3], 0), ([2, 1], 1)]:
    counts = times if isinstance(times, int) else torch.tensor(times)
    forward = lambda a: torch.repeat_interleave(a, counts, dim=axis)
    add('repeatInterleave', forward, draw.normal(3, 2), name='%s along %d' % (times, axis), times=times, axis=axis)

mask = torch.tensor([[True], [False], [True]])
add('maskedFill', lambda a: a.masked_fill(mask, -2.5), draw.normal(3, 2), value=-2.5)
for low, high in [(-0.5, None), (None, 0.5), (-0.5, 0.5)]:
    bounds = {key: x for key, x in [('minimum', low), ('maximum', high)] if x is not None}
    forward = lambda a: torch.clamp(a, low, high)
    add('clamp', forward, float32([-0.5, -1, 0.25, 0.5, 2]), name=str(list(bounds)), bounds=bounds)

for order in [0.5, 1, 1.5, 2, math.inf, -math.inf]:
    for axis in [[1], [0, 1]] if order == 2 else [[0]]:
        forward = lambda a: torch.linalg.vector_norm(a, order, axis)
        options = {'order': str(order), 'axes': axis}
        add('vectorNorm', forward, draw.normal(3, 4), name='order %s, axes %s' % (order, axis), **options)
for order in [0.5, 1, 1.5, 2]:
    forward = lambda a: torch.linalg.vector_norm(a, order, 1)
    options = {'order': str(order), 'axes': [1]}
    add('vectorNorm', forward, float32([[0, 0], [3, 4], [0, 2]]), name='order %s at 0' % order, **options)

write(SEED, 'Tensor operations that Nabla adds to those of tfjs-core, forward and backward', cases)

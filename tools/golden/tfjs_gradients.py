# SPDX-License-Identifier: Apache-2.0
"""Golden values and gradients of the operations of tfjs-core that models use most; an option names each."""

import torch
import torch.nn.functional as F

from fixture import Draw, float32, op_case, write

SEED = 91
draw = Draw(SEED)
cases = []


def add(op, forward, *inputs, **options):
    cases.append(op_case(draw, op, forward, *inputs, **options))


def positive(*shape):
    return (draw.normal(*shape).abs() + 0.25).detach()


for op, f in [
    ('abs', torch.abs), ('cos', torch.cos), ('erf', torch.erf), ('exp', torch.exp), ('expm1', torch.expm1),
    ('neg', torch.neg), ('relu', torch.relu), ('sigmoid', torch.sigmoid), ('sign', torch.sign), ('sin', torch.sin),
    ('softplus', F.softplus), ('square', torch.square), ('tanh', torch.tanh), ('elu', F.elu), ('selu', F.selu),
    ('floor', torch.floor), ('tan', torch.tan),
]:
    add(op, f, draw.normal(5))
for op, f in [
    ('log', torch.log), ('log1p', torch.log1p), ('reciprocal', torch.reciprocal), ('rsqrt', torch.rsqrt),
    ('sqrt', torch.sqrt),
]:
    add(op, f, positive(5))
add('abs', torch.abs, float32([0, -1, 2]), name='at 0')

for op, f in [
    ('add', torch.add), ('sub', torch.sub), ('mul', torch.mul), ('maximum', torch.maximum),
    ('minimum', torch.minimum), ('squaredDifference', lambda a, b: (a - b) ** 2), ('atan2', torch.atan2),
]:
    add(op, f, draw.normal(2, 3), draw.normal(3), name='broadcast')
    add(op, f, draw.normal(2, 1), draw.normal(3), name='both broadcast')
add('div', torch.div, draw.normal(2, 3), positive(2, 1), name='broadcast')
add('pow', torch.pow, positive(2, 3), draw.normal(3), name='broadcast')
add('pow', torch.pow, float32([0, 0, 0, 2]), float32([1, 2, 3, -1]), name='base 0')

for op, f in [
    ('sum', torch.sum), ('mean', torch.mean), ('logSumExp', torch.logsumexp), ('max', torch.amax),
    ('min', torch.amin),
]:
    for axes, keep in [([1], False), ([0, -1], True)]:
        name = 'axes %s%s' % (axes, ', kept' if keep else '')
        add(op, lambda a: f(a, axes, keepdim=keep), draw.normal(2, 3, 2), name=name, axes=axes, keepDims=keep)
for op, f in [('max', torch.amax), ('min', torch.amin)]:
    add(op, lambda a: f(a, [1]), float32([[1, 3, 3], [2, 2, 2], [0, -1, 1]]), name='ties', axes=[1], keepDims=False)
add('prod', lambda a: torch.prod(a, 1), draw.normal(2, 3, 2), name='axis 1', axes=[1], keepDims=False)
zeros = float32([[2, 0, 3], [0, 0, 1], [2, 1, 3]])
add('prod', lambda a: torch.prod(a, 1), zeros, name='zeros', axes=[1], keepDims=False)

for shapes in [([2, 3], [3, 2]), ([2, 3, 4], [4, 2]), ([2, 1, 2, 3], [1, 3, 3, 2])]:
    add('matMul', torch.matmul, draw.normal(*shapes[0]), draw.normal(*shapes[1]), name='%s %s' % shapes)

for axis in [0, 1]:
    named = {'name': 'axis %d' % axis, 'axis': axis}
    add('cumsum', lambda a: torch.cumsum(a, axis), draw.normal(2, 3, 2), **named)
    add('cumprod', lambda a: torch.cumprod(a, axis), draw.normal(2, 3, 2), **named)
    add('softmax', lambda a: torch.softmax(a, axis), draw.normal(2, 3, 2), **named)
    add('concat', lambda a, b: torch.cat([a, b], axis), draw.normal(2, 3, 2), draw.normal(2, 3, 2), **named)
    add('stack', lambda a, b: torch.stack([a, b], axis), draw.normal(2, 3), draw.normal(2, 3), **named)
    add('gather', lambda a: torch.index_select(a, axis, torch.tensor([1, 0, 1])), draw.normal(2, 3, 2), **named)
    add('reverse', lambda a: torch.flip(a, [axis]), draw.normal(2, 3, 2), **named)
add('cumprod', lambda a: torch.cumprod(a, 0), float32([2, 0, 3, 0, 1.5]), name='zeros', axis=0)

condition = torch.tensor([True, False, True])
add('where', lambda a, b: torch.where(condition, a, b), draw.normal(2, 3), draw.normal(3), name='broadcast')
add('clipByValue', lambda a: torch.clamp(a, -0.5, 0.5), float32([-0.5, -1, 0.25, 0.5, 2]), name='at the bounds')
add('pad', lambda a: F.pad(a, (2, 0, 1, 3), value=0.5), draw.normal(2, 3))
add('mirrorPad', lambda a: F.pad(a[None], (2, 1), mode='reflect')[0], draw.normal(2, 4))
add('slice', lambda a: a[1:3, 0:2], draw.normal(4, 3))
add('transpose', lambda a: a.permute(2, 0, 1), draw.normal(2, 3, 2))
add('tile', lambda a: a.repeat(2, 1, 3), draw.normal(1, 2, 2))
add('broadcastTo', lambda a: a.expand(2, 3, 2), draw.normal(3, 1))

write(SEED, 'The operations of tfjs-core that models use most, forward and backward', cases)

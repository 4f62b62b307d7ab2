# SPDX-License-Identifier: Apache-2.0
"""Single operations in PyTorch. Each function takes a request and gives (run, results); see torch_peer.py."""

import torch
import torch.nn.functional as F

from inputs import fill, fill_integers
from torch_models import attend


def gemm(spec):
    lead = [spec['batch']] if spec['batch'] > 1 else []

    def matrix(seed, height, width, transposed):
        stored = fill(lead + ([width, height] if transposed else [height, width]), seed)
        return stored.transpose(-1, -2) if transposed else stored

    a = matrix(1, spec['rows'], spec['inner'], spec['transposeA'])
    b = matrix(2, spec['inner'], spec['columns'], spec['transposeB'])
    return lambda: a @ b, lambda: {'product': a @ b}


def conv(spec):
    """Activations are channels last in memory, as ours; PyTorch names their axes in another order."""
    kernel, outs, ins = spec['kernel'], spec['outChannels'], spec['inChannels']
    x = fill([spec['batch'], spec['size'], spec['size'], ins], 1).permute(0, 3, 1, 2)
    weight = fill([outs, ins, kernel, kernel], 2)
    grad_out = fill([spec['batch'], spec['outSize'], spec['outSize'], outs], 3).permute(0, 3, 1, 2)
    stride, padding = [spec['stride']] * 2, [spec['padding']] * 2

    def backward(mask):
        settings = (None, stride, padding, [1, 1], False, [0, 0], 1, mask)
        return torch.ops.aten.convolution_backward(grad_out, x, weight, *settings)

    def by_data():
        return backward([True, False, False])[0]

    def by_weight():
        return backward([False, True, False])[1]

    def forward():
        return F.conv2d(x, weight, None, stride, padding)

    if spec['pass'] == 'forward':
        return forward, lambda: {'out': forward().permute(0, 2, 3, 1)}
    if spec['pass'] == 'byData':
        return by_data, lambda: {'gradX': by_data().permute(0, 2, 3, 1)}
    return by_weight, lambda: {'gradWeight': by_weight()}


def attention(spec):
    shape = [1, spec['heads'], spec['time'], spec['headSize']]
    inputs = [fill(shape, seed, scale).requires_grad_() for seed, scale in ((1, 4), (2, 4), (3, 1))]
    grad_out = fill(shape, 4)
    hidden = torch.ones(spec['time'], spec['time'], dtype=torch.bool).triu(1) if spec['causal'] else None

    def run():
        return torch.autograd.grad(attend(*inputs, hidden), inputs, grad_out)

    return run, lambda: dict(zip(('gradQuery', 'gradKey', 'gradValue'), run()))


def adam_w(shape):
    parameter = torch.nn.Parameter(fill(shape, 1, 4))
    parameter.grad = fill(shape, 2, 4)
    optimizer = torch.optim.AdamW([parameter], lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)

    def results():
        optimizer.step()
        return {'parameter': parameter}

    return optimizer.step, results


def bandwidth(spec):
    rows, columns, operation = spec['rows'], spec['columns'], spec['operation']
    if operation == 'adamW':
        return adam_w([rows, columns])
    x = fill([rows, columns], 1, 4)
    halves = [fill([rows // 2, columns], seed, 4) for seed in (1, 2)]
    weight, bias = fill([columns], 2), fill([columns], 3)
    labels = fill_integers([rows], 2, columns)
    run = {
        'copy': lambda: torch.cat(halves),
        'softmax': lambda: x.softmax(-1),
        'layerNorm': lambda: F.layer_norm(x, [columns], weight, bias),
        'gelu': lambda: F.gelu(x),
        'crossEntropy': lambda: F.cross_entropy(x, labels),
    }.get(operation)
    if run is None:  # it draws other numbers, or this version has no such operation
        return None
    return run, lambda: {'loss' if operation == 'crossEntropy' else 'out': run()}

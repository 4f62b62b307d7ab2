# SPDX-License-Identifier: Apache-2.0
"""Times in PyTorch what acceptance.mjs times, and prints both: `acceptance.py FILE`, which holds what acceptance.mjs printed."""

import gc
import json
import sys

import torch
import torch.nn.functional as F

from measure import HERE, measure, torch_models

torch.set_default_device('cuda')
cases = json.loads((HERE / 'cases.json').read_text())['acceptance']
with open(sys.argv[1]) as file:
    ours = {name: result for line in file for name, result in json.loads(line).items()}


def of_ours(name):
    return ours.get(name, {'error': 'no result'})


def row(name, mine, theirs, unit, wanted):
    if not isinstance(mine, (int, float)):
        print(f'{name:44} {mine}')
        return
    ratio = mine / theirs if unit != 'ms' else theirs / mine
    print(f'{name:44} ours {mine:10.3f} {unit:6} PyTorch {theirs:10.3f}   ratio {ratio:.3f} (wanted {wanted})')


def field(value, name):
    return value.get(name, value) if isinstance(value, dict) else value


def copy_bandwidth(dtype):
    x = torch.empty(cases['rows'] * cases['columns'], dtype=dtype)
    y = torch.empty_like(x)
    return 2 * x.numel() * x.element_size() / measure(lambda: y.copy_(x)) / 1e6


def times_of_attention(precision):
    torch.backends.cuda.matmul.allow_tf32 = precision == 'tf32'
    dtype = torch.bfloat16 if precision == 'bf16' else torch.float32
    shape = [cases['attention'][name] for name in ('batch', 'heads', 'time', 'size')]
    query, key, value, weight = (torch.rand(shape, dtype=dtype) for _ in range(4))

    def training():
        q, k, v = (x.detach().requires_grad_() for x in (query, key, value))
        F.scaled_dot_product_attention(q, k, v, is_causal=True).backward(weight)

    return measure(lambda: F.scaled_dot_product_attention(query, key, value, is_causal=True)), measure(training)


def times_of_convolution(sizes):
    batch, size, inputs, outputs, kernel, stride = sizes.values()
    padding = (kernel - 1) // 2
    x, weight, factor = (
        torch.rand(shape, dtype=torch.bfloat16).to(memory_format=torch.channels_last)
        for shape in (
            (batch, inputs, size, size),
            (outputs, inputs, kernel, kernel),
            (batch, outputs, size // stride, size // stride),
        )
    )

    def training():
        a, b = (operand.detach().requires_grad_() for operand in (x, weight))
        F.conv2d(a, b, stride=stride, padding=padding).backward(factor)

    return measure(lambda: F.conv2d(x, weight, stride=stride, padding=padding)), measure(training)


def training(batch):
    """Tokens per second, and the most memory in use."""
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    try:
        with torch.autocast('cuda', torch.bfloat16):
            run, _ = torch_models.step({**cases['training'], 'batch': batch})
            milliseconds = measure(run)
    except torch.OutOfMemoryError:
        return None, None
    return batch * cases['training']['time'] / milliseconds * 1000, torch.cuda.max_memory_allocated()


def operations_of_a_token():
    """Multiplications and additions, forward and back: 6 for each weight, 12 for each feature of each earlier token."""
    spec = cases['training']
    weights = 12 * spec['layers'] * spec['width'] ** 2 + spec['vocabulary'] * spec['width']
    return 6 * weights + 6 * spec['layers'] * spec['width'] * spec['time']


def compare_attention(precision):
    mine = of_ours(f'attention in {precision}')
    forward, both = times_of_attention(precision)
    row(f'attention in {precision}, forward', field(mine, 'forward'), forward, 'ms', '0.9')
    row(f'attention in {precision}, forward and backward', field(mine, 'training'), both, 'ms', '0.9')


def compare_kernels(name, dtype):
    copy = copy_bandwidth(dtype)
    for kernel, rate in of_ours(f'kernels in {name}').items():
        row(f'{kernel} in {name}, beside a copy', rate, copy, 'GB/s', '0.8')
    if name == 'float32':
        row('AdamW in float32, beside a copy', of_ours('AdamW'), copy, 'GB/s', '0.8')


def compare_training(batch):
    mine = of_ours(f'training, batch {batch}')
    theirs, peak = training(batch)
    if 'error' in mine or theirs is None:
        print(f'GPT-2 in training, batch {batch}: ours {mine}, PyTorch {theirs or "lacks memory"}')
        return
    tokens = batch * cases['training']['time'] / mine['milliseconds'] * 1000
    row(f'GPT-2 in training, batch {batch}', tokens, theirs, 'token/s', '1.0')
    share = tokens * operations_of_a_token() / cases['peakTeraflops'] / 1e12
    print(f"{'':44} {share:.3f} of the peak; {mine['peakBytes'] / 2**30:.1f} GiB, PyTorch {peak / 2**30:.1f} GiB")


def compare_convolutions():
    torch.backends.cudnn.benchmark = True
    for name, sizes in cases['convolutions'].items():
        mine = of_ours(f'convolution {name}')
        forward, both = times_of_convolution(sizes)
        row(f'convolution {name}, forward', field(mine, 'forward'), forward, 'ms', '0.8')
        row(f'convolution {name}, both', field(mine, 'training'), both, 'ms', '0.8')


print(torch.cuda.get_device_name(), 'PyTorch', torch.__version__)
with torch.no_grad():
    a, b = (torch.rand([cases['product']] * 2, dtype=torch.bfloat16) for _ in range(2))
    row('product in bf16', of_ours('product'), measure(lambda: a @ b), 'ms', '0.95')
    del a, b
compare_attention('bf16')
compare_kernels('bf16', torch.bfloat16)
for size in cases['batches']:
    compare_training(size)
compare_convolutions()
compare_kernels('float32', torch.float32)
for other in ('tf32', 'float32'):
    compare_attention(other)

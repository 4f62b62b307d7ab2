# SPDX-License-Identifier: Apache-2.0
"""Times what time.mjs times, in PyTorch on the GPU. Prints one JSON object."""

import contextlib
import json
import os

import torch

from measure import HERE, inputs, measure, torch_models


def main():
    torch.set_default_device('cuda')
    precision = os.environ.get('NABLA_PRECISION', 'float32')
    torch.backends.cuda.matmul.allow_tf32 = precision == 'tf32'
    torch.backends.cudnn.allow_tf32 = precision == 'tf32'
    with torch.autocast('cuda', torch.bfloat16, cache_enabled=False) if precision == 'bf16' else contextlib.nullcontext():
        print(json.dumps(measure_all()))


def measure_all():
    cases = json.loads((HERE / 'cases.json').read_text())
    result = {}
    for size in cases['matmul']:
        a, b = (inputs.fill([size, size], seed, 4) for seed in (1, 2))
        result[f'matmul_{size}'] = {'milliseconds': measure(lambda: a @ b)}
    for name, spec in cases['steps'].items():
        torch.cuda.reset_peak_memory_stats()
        run, _ = torch_models.step(spec)
        losses = [run().item() for _ in range(3)]
        result[name] = {'milliseconds': measure(run), 'losses': losses, 'peakBytes': torch.cuda.max_memory_allocated()}
    decode, _ = torch_models.decode(cases['decode'])
    result['decode'] = {'milliseconds': measure(lambda: decode()['logits'].argmax().item())}
    return result


main()

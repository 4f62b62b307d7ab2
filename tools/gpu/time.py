# SPDX-License-Identifier: Apache-2.0
"""Times what time.mjs times, in PyTorch on the GPU: one JSON object a line. `time.py NAME` takes the cases whose names begin so."""

import contextlib
import json
import os
import sys
import time

import torch

from measure import HERE, inputs, measure, torch_models


PRECISION = os.environ.get('NABLA_PRECISION', 'float32')


def main():
    torch.set_default_device('cuda')
    torch.backends.cuda.matmul.allow_tf32 = PRECISION == 'tf32'
    torch.backends.cudnn.allow_tf32 = PRECISION == 'tf32'
    cases = json.loads((HERE / 'cases.json').read_text())
    measurements = {
        **{f'matmul_{size}': lambda size=size: time_of_product(size) for size in cases['matmul']},
        **{name: lambda spec=spec: time_of_step(spec) for name, spec in cases['steps'].items()},
        'decode': lambda: time_of_decoding(cases['decode']),
        'write': lambda: time_of_writing(**cases['decode']),
    }
    only = sys.argv[1] if len(sys.argv) > 1 else ''
    for name, measurement in measurements.items():
        if name.startswith(only):
            print(json.dumps({name: measurement()}), flush=True)


def in_precision():
    bf16 = torch.autocast('cuda', torch.bfloat16, cache_enabled=False)
    return bf16 if PRECISION == 'bf16' else contextlib.nullcontext()


def time_of_product(size):
    a, b = (inputs.fill([size, size], seed, 4) for seed in (1, 2))
    with in_precision():
        return {'milliseconds': measure(lambda: a @ b)}


def time_of_step(spec):
    torch.cuda.reset_peak_memory_stats()
    run, _ = torch_models.step(spec)
    with in_precision():
        losses = [run().item() for _ in range(3)]
        return {'milliseconds': measure(run), 'losses': losses, 'peakBytes': torch.cuda.max_memory_allocated()}


def time_of_decoding(spec):
    decode, _ = torch_models.decode(spec)
    with in_precision():
        return {'milliseconds': measure(lambda: decode()['logits'].argmax().item())}


def time_of_writing(vocabulary, layers, heads, width, past):
    """A token of one text by transformers: the best of three texts. In bf16 so are its weights."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=vocabulary, n_layer=layers, n_head=heads, n_embd=width)
    model = GPT2LMHeadModel(config).eval().cuda()
    if PRECISION == 'bf16':
        model = model.bfloat16()
    prompt = torch.tensor([[1, 2, 3, 4]])
    times = []
    for _ in range(3):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        model.generate(prompt, max_new_tokens=past, min_new_tokens=past, do_sample=False)
        torch.cuda.synchronize()
        times.append((time.perf_counter() - begin) * 1000 / past)
    return {'milliseconds': min(times)}


main()

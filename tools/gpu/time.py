# SPDX-License-Identifier: Apache-2.0
"""Times what time.mjs times, in PyTorch on the GPU. Prints one JSON object."""

import contextlib
import json
import os
import time

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
    milliseconds = time_of_writing(**cases['decode'])
    if milliseconds is not None:
        result['write'] = {'milliseconds': milliseconds}
    return result


def time_of_writing(vocabulary, layers, heads, width, past):
    """A token of one text by transformers: the best of three texts. None where it is not installed."""
    try:
        from transformers import GPT2Config, GPT2LMHeadModel
    except ImportError:
        return None
    config = GPT2Config(vocab_size=vocabulary, n_layer=layers, n_head=heads, n_embd=width)
    model = GPT2LMHeadModel(config).eval().cuda()
    prompt = torch.tensor([[1, 2, 3, 4]])
    times = []
    for _ in range(3):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        model.generate(prompt, max_new_tokens=past, min_new_tokens=past, do_sample=False)
        torch.cuda.synchronize()
        times.append((time.perf_counter() - begin) * 1000 / past)
    return min(times)


main()

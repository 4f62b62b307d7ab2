# SPDX-License-Identifier: Apache-2.0
"""How long a computation of PyTorch takes on a GPU, and the twins of tools/bench with their inputs on it."""

import pathlib
import statistics
import sys
import time

import torch

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / 'bench' / 'peers'))
import inputs  # noqa: E402

on_host = {name: getattr(inputs, name) for name in ('fill', 'fill_integers')}
for name, function in on_host.items():
    setattr(inputs, name, lambda *words, function=function: function(*words).cuda())
import torch_models  # noqa: E402, F401

ROUNDS = 5


def measure(run):
    """Milliseconds of one run: as time of measure.mjs."""

    def rounds(count):
        start = time.perf_counter()
        for _ in range(count):
            run()
        torch.cuda.synchronize()
        return (time.perf_counter() - start) / count * 1000

    rounds(3)
    count = max(1, min(200, round(100 / rounds(2))))
    return statistics.median(rounds(count) for _ in range(ROUNDS))

# SPDX-License-Identifier: Apache-2.0
"""Golden values of nanoGPT's learning rate: linear warm-up, then half a cosine down to a minimum."""

import math

from fixture import write

SEED = 0  # nothing is drawn


def learning_rate(step, peak, warmup, total, minimum):
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    if step > total:
        return minimum
    ratio = (step - warmup) / (total - warmup)
    return minimum + 0.5 * (1 + math.cos(math.pi * ratio)) * (peak - minimum)


def make(name, peak, warmup, total, minimum, steps):
    options = {'peak': peak, 'warmupSteps': warmup, 'totalSteps': total, 'minimum': minimum}
    rates = [learning_rate(step, peak, warmup, total, minimum) for step in steps]
    return {'name': name, 'options': options, 'steps': list(steps), 'learningRates': rates}


cases = [
    make('warm-up and cosine', 1e-3, 5, 20, 1e-4, range(0, 25)),
    make('no warm-up', 0.1, 0, 10, 0.0, range(0, 13)),
    make('a long run', 1e-3, 100, 2000, 1e-4, [0, 1, 50, 98, 99, 100, 101, 500, 1050, 1500, 1999, 2000, 2001, 5000]),
]
write(SEED, 'learning rate of step 0, 1, 2 …, get_lr of github.com/karpathy/nanoGPT train.py', cases)

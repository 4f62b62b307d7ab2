# SPDX-License-Identifier: Apache-2.0
"""Golden values of torch.optim.lr_scheduler, of SWALR, and of the schedule of Vaswani et al. 2017."""

import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import SWALR

from fixture import write

SEED = 0  # nothing is drawn
STEPS = 24


def rates(rate, make):
    """The learning rates of the first steps of an optimizer that starts at `rate`."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    schedule = make(optimizer)
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        schedule.step()
    return found


def case(schedule, options, learning_rates, of=None):
    name = schedule if of is None else '%s as %s' % (schedule, of)
    return {'name': name, 'schedule': schedule, 'options': options, 'learningRates': learning_rates}


cases = [
    case('stepDecay', {'start': 0.5, 'every': 5, 'factor': 0.3}, rates(0.5, lambda o: lr_scheduler.StepLR(o, 5, 0.3))),
    case(
        'multiStepDecay',
        {'start': 0.5, 'milestones': [3, 4, 11], 'factor': 0.5},
        rates(0.5, lambda o: lr_scheduler.MultiStepLR(o, [3, 4, 11], 0.5)),
    ),
    case('exponentialDecay', {'start': 0.5, 'factor': 0.9}, rates(0.5, lambda o: lr_scheduler.ExponentialLR(o, 0.9))),
    case(
        'linearChange',
        {'start': 0.1, 'end': 0.4, 'totalSteps': 7},
        rates(0.5, lambda o: lr_scheduler.LinearLR(o, 0.2, 0.8, 7)),
    ),
    case(
        'polynomialDecay',
        {'start': 0.5, 'totalSteps': 9, 'power': 2},
        rates(0.5, lambda o: lr_scheduler.PolynomialLR(o, 9, 2)),
    ),
    case(
        'cosineRestarts',
        {'peak': 0.5, 'firstPeriod': 3, 'periodFactor': 2, 'minimum': 0.1},
        rates(0.5, lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3, 2, 0.1)),
    ),
    case(
        'oneCycle',
        {'peak': 0.5, 'totalSteps': 25, 'riseFraction': 0.4, 'startDivisor': 10, 'endDivisor': 100},
        rates(
            0.5,
            lambda o: lr_scheduler.OneCycleLR(o, 0.5, 25, pct_start=0.4, div_factor=10, final_div_factor=100, cycle_momentum=False),
        ),
    ),
    case(
        'inverseSquareRoot',
        {'peak': (128 * 6) ** -0.5, 'warmupSteps': 6},
        [128**-0.5 * min(step**-0.5, step * 6**-1.5) for step in range(1, STEPS + 1)],
    ),
    case(
        'linearChange',
        {'start': 0.5, 'end': 0.05, 'totalSteps': 6},
        rates(0.5, lambda o: SWALR(o, 0.05, 6, 'linear')),
        'SWALR',
    ),
    case(
        'warmupCosine',
        {'peak': 0.5, 'totalSteps': 6, 'minimum': 0.05},
        rates(0.5, lambda o: SWALR(o, 0.05, 6, 'cos')),
        'SWALR',
    ),
]
write(SEED, 'learning rates of steps 0 to %d' % (STEPS - 1), cases)

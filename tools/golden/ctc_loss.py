# SPDX-License-Identifier: Apache-2.0
"""Golden values of connectionist temporal classification of logits behind a log-softmax. Ours is batch first."""

import torch
import torch.nn.functional as F

from fixture import Draw, case, write

SEED = 30
draw = Draw(SEED)


def make(name, input_lengths, targets, target_lengths, classes=4, time=None, reduction='none', blank=0, zero=False, far=1.0):
    logits = draw.normal(len(input_lengths), time or max(input_lengths), classes, scale=far)
    inputs = {
        'logits': logits,
        'targets': torch.tensor(targets),
        'inputLengths': torch.tensor(input_lengths),
        'targetLengths': torch.tensor(target_lengths),
    }

    def forward(inputs, _):
        logs = F.log_softmax(inputs['logits'], -1).transpose(0, 1)
        rest = [inputs[name] for name in ('targets', 'inputLengths', 'targetLengths')]
        return F.ctc_loss(logs, *rest, blank=blank, reduction=reduction, zero_infinity=zero)

    return case(draw, name, {'reduction': reduction, 'blank': blank, 'zeroInfinity': zero}, inputs, {}, forward)


several = [[7, 5, 6], [[1, 2, 3], [2, 2, 1], [3, 1, 1]], [3, 3, 2]]
cases = [
    *[make('several lengths, ' + reduction, *several, reduction=reduction) for reduction in ('mean', 'sum', 'none')],
    make('one step, one label', [1], [[2]], [1]),
    make('one label at many steps', [9], [[1]], [1]),
    make('as many steps as labels', [3], [[1, 2, 1]], [3]),
    make('repeated labels need a blank between them', [5], [[2, 2, 2]], [3]),
    make('an empty target', [4, 4], [[1, 2], [3, 1]], [0, 2], reduction='mean'),
    make('steps beyond every length', *several, time=9),
    make('blank last', [6, 4], [[0, 1, 1], [2, 0, 0]], [3, 2], blank=3),
    make('impossible ones are zero', [2, 5, 3], [[1, 1, 2], [1, 2, 3], [3, 3, 3]], [3, 3, 3], zero=True, reduction='mean'),
    make('sharp', [12], [[1, 2, 3, 1]], [4], far=8.0),
    make('long', [40], [[1, 2, 3, 1, 1, 2, 3, 3, 2, 1]], [10], classes=5),
]
write(SEED, '-log of the probability of a target over all its alignments, torch.nn.functional.ctc_loss', cases)
